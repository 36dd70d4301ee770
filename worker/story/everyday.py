"""Words that say nothing of an event: what every article in a language is made of.

An archive learns them by counting (`rarity`); a new one, or one with few articles in a language, has nothing to
count yet. Only words of four letters and more stand here (of Arabic, three): shorter ones are left out anyway.
"""

from __future__ import annotations

from functools import lru_cache

from worker.match.fold import bare, fold

_WORDS = {
    "en": """
        about above according across after again against agency ahead almost along already also although
        always amid among another april around august because been before began begin behind being below
        between billion both called came cannot come comes could country days december decided does done
        down during each early either even ever every expected face facing february first five following
        former four friday from further gave give given gone half have held here himself hours however
        including into itself january july june just keep last late later least less like long look made
        make making many march might million minutes monday month months more morning most much must near
        nearly need never news next night nine nobody nothing november number october official officials
        often only open other others over part people percent place plan planned quite rather reported
        reporters said same saturday saying says second seen september seven several shall should since some
        soon spokesman spokeswoman statement still such sunday take taken tell than that their them then
        there these they third this those though thousand three through thursday time times today told took
        toward tuesday under until upon used very want wants wednesday week weeks well went were what when
        where which while whole whose will with within without work would year years yesterday your
    """,
    "id": """
        adalah agar agustus akan akibat antara april atas atau bagi bagian bahwa baik baru beberapa belum
        berada bersama besar besok bisa bukan bulan cukup dalam dapat dari dengan desember dilakukan dunia
        empat februari hanya hari hingga ikut jadi januari jika juga juli jumat juni juta kalau kali kami
        kamis karena kata katanya kemarin kembali kepada ketika kini kita lagi lain lalu lebih lima maka
        malam maret masih masing melakukan melalui membuat memiliki mencapai mengatakan menjadi menurut
        menyatakan mereka meski miliar minggu mulai namun november oktober oleh orang pada pagi para pejabat
        persen pihak pukul pula rabu ribu saat sabtu salah sama sampai satu sebagai sebanyak sebelum
        sebelumnya sebuah secara sedang sedikitnya sehingga sejak sejumlah sekitar selama selasa seluruh
        sementara semua senin seorang seperti serta setelah setempat setiap siang sore suatu sudah tahun
        tanpa tapi telah tengah tentang terhadap terjadi tersebut terus tetap tetapi tidak tiga ujarnya
        untuk waktu yaitu yang
    """,
    "ms": """
        adalah akan antara atas atau bagi bahawa beliau dalam daripada dengan hari iaitu juga kepada kerana
        ketika manakala oleh pada sebagai sejak selepas serta tahun telah tersebut tidak untuk yang
    """,
    "de": """
        aber allem allen aller alles also andere anderen anfang angaben april auch august außer außerdem
        beim bereits bisher bleibt dabei dadurch damit danach dann daran darauf darf dass davon dazu dein
        deine denn deren derzeit dessen deutlich dezember dienstag diese diesem diesen dieser dieses doch
        donnerstag dort drei durch eine einem einen einer eines einige ende erst erste ersten etwa etwas
        fast februar freitag fünf ganz geben gegen gesagt gibt habe haben hatte hatten heißt heute hier hieß
        hätte ihre ihrem ihren ihrer immer innerhalb jahr jahre jahren januar jede jeder jetzt juli juni
        kann kein keine keinen konnte können laut letzten machen mehr mehrere meisten menschen milliarden
        million millionen mindestens mittag mitte mitteilte mittwoch montag morgen muss märz müssen nach
        nachdem nacht nahe neben nicht nichts noch november oder ohne oktober prozent rund samstag schon
        sechs sehr seien sein seine seinem seinen seiner seit selbst september sich sieben sieht sind sogar
        soll sollen sollte sonntag sowie sprach stand steht stunden teilte unter unterdessen viele vielen
        vier wegen weil weiter weitere weiteren weiterhin welche wenige wenn werde werden wieder will wird
        wollen worden wurde wurden während zehn zudem zufolge zunächst zuvor zwar zwei zwischen über
    """,
    "fr": """
        afin ainsi alors annonce annoncé année années août après au-delà aucun aucune aujourd aussi autant
        autour autre autres avaient avait avant avec avoir avril beaucoup bien cela celle celles celui cent
        cette ceux chaque chez cinq comme comment contre cours dans depuis dernier dernière derrière deux
        devant devrait dimanche doit donc dont durant début décembre déclaré elle elles encore enfin entre
        environ expliqué face faire fait fois font février grand grande hier hors huit indiqué jamais
        janvier jeudi jour jours juillet juin jusqu jusque leur leurs lors lorsque lundi mais malgré mardi
        mars matin mercredi mieux mille milliard milliards million millions minuit moins mois même mêmes
        nombre notamment notre nous nouveau nouvelle novembre nuit octobre outre parce parmi partir pendant
        personnes peut plupart plus plusieurs pour pourrait pourtant premier première près puis quand quatre
        quel quelle quelque quelques quoi samedi sans sauf selon semaine sept septembre sera serait seul
        seulement soir sont sous suite surtout tandis tant tard tous tout toute toutes trois trop très
        vendredi vers veut voir vont vous étaient était être
    """,
    "es": """
        abril además agosto ahora algo alguna algunas alguno algunos ante antes aquel aquí asegura asegurado
        aseguró aunque años bajo bien cada casi cerca cinco como contra cosa cual cuales cuando cuanto
        cuatro dado debe deben decir dejado demás dentro desde después dice dicho diciembre dijo domingo
        donde durante días ella ellas ellos embargo encima enero entonces entre eran esta estaba estar estas
        este estos están explicó febrero fecha fueron gran grande grandes haber había habían hace hacer
        hacia hasta hemos horas informó jamás jueves julio junio junto lado luego lugar lunes manera martes
        marzo mayo mayor mayoría medio mejor menos meses mientras millones minuto misma mismo mismos
        miércoles mucho muchos nada nadie ninguna ninguno noche noviembre nueva nuevo nunca ocho octubre
        otra otras otro otros para parte pasado pero personas pesar poco poder podría porque primer primera
        primero puede pueden pues queda quedan quien quienes segunda segundo según seis semana septiembre
        será serán señaló sido siempre siendo siete sino sobre sábado también tampoco tanto tarde tener
        tiene tienen toda todas todo todos tras tres unas unos usted veces viernes visto última último
    """,
    "pt": """
        abril afirmou agosto ainda algumas alguns além antes apenas após aqui assim cada caso casos como
        contra depois desde dessa desse desta deste dezembro dias disse dois domingo durante elas eles
        enquanto entre então esta este estes está estão feira fevereiro foram hoje informou início isso isto
        janeiro julho junho maio maior mais março meio meses mesmo milhões muito muitos nada nenhum nesta
        neste nova novembro novo nunca onde ontem outra outras outro outros outubro para pela pelas pelo
        pelos pessoas pode podem porque pouco primeira primeiro qual quando quanto quarta quase quatro quem
        quinta segunda segundo sendo será setembro seus sexta sobre suas sábado também tarde terça teve
        todas todo todos três umas vezes
    """,
    "it": """
        agosto alcune alcuni alla alle allo altra altre altri altro anche ancora anni anno aprile avere
        aveva bene cinque circa come contro cosa così dagli dalla dalle degli dell della delle dello dentro
        deve dice dicembre dieci dire domenica dopo dove durante ecco erano essere fanno fare febbraio fino
        gennaio gente giorni giorno giovedì giugno grande hanno ieri infatti invece loro luglio lunedì
        maggio martedì marzo meglio meno mentre mercoledì mesi mila miliardi milioni minuti molte molti
        molto negli nella nelle nessuno nove novembre nuova nuovo oggi ogni oltre otto ottobre perché
        persone però poco possono presso prima primo proprio qualche quale quali quando quanto quattro
        quella quelle quelli quello questa queste questi questo quindi sabato secondo sempre senza sera
        sette settembre settimana siamo sono sopra sotto stata state stati stato stessa stesso sulla sulle
        suoi tanto troppo tutta tutte tutti tutto ultima ultimo venerdì verso volta volte
    """,
    "nl": """
        achter alle alles ander andere anders april augustus bijna daar daarom december deze dinsdag doen
        donderdag door drie eens eerste enkele februari gaan gaat geen geweest hadden hebben heeft heel hier
        iets jaar januari jaren juli juni keer komen komt kunnen laatste later maandag maar maart maken meer
        mensen miljard miljoen minder moet moeten morgen naar nadat niet nieuwe nooit november oktober onder
        ongeveer over procent rond september sinds staan staat steeds tegen tijdens toch toen tussen twee
        vanaf veel verder vier vijf volgens voor vrijdag waar waren week weer weken werd werden willen
        woensdag worden wordt zaterdag zegt zeker zelf zich zijn zoals zondag zonder zouden
    """,
    "pl": """
        albo bardzo bowiem byli była było były będzie będą choć ciągu czasie czego czerwca czwartek czyli
        dalej dlatego dnia dniach dniem dniu drugi dwie dwóch dzień dzisiaj dziś gdyby gdzie godz godzin
        grudnia inne innych jakie jako jednak jednym jego jest jeszcze jeśli jeżeli każdy kiedy kilka kilku
        kolejne która które którego której który których którym którzy kwietnia lata latach lipca listopada
        ludzi lutego maja mają marca miał miała miało mieć mimo między mogą może można mówi nadal nawet nich
        niedziela niedzielę niego niej nimi nowe nowy nową obecnie około oraz osoby osób października
        pierwsza pierwszy piątek podał podała podczas poinformował poinformowała ponad poniedziałek ponieważ
        powiedział powiedziała poza prawie proc procent przed przede przez przy przypomniał roku również
        siedem sierpnia sobie sobotę stycznia swoje swój także tego temu teraz trzech trzy tych tydzień
        tygodniu tylko tysięcy wczoraj według wiele wielu więc więcej wobec wraz września wszystkich
        wszystkie wszystko wtedy wtorek właśnie zawsze znów zostanie został została zostało zostały środa
        środę żeby
    """,
    "tr": """
        ancak arada aralık ardından artık ayrıca açıkladı ağustos aşağı bazı belirtti bile biraz biri birçok
        bugün bulunan buna bunu bunun böyle büyük cuma cumartesi daha dedi demek devam değil diye duyurdu
        dört edecek eden ederek edildi edilen ediyor ekim etti ettiği eylül fakat geldi gelen gibi göre günü
        hafta halde haziran hemen henüz herkes ifade ikinci ilgili itibaren için kadar karşı kasım kendi
        mart mayıs milyar milyon nasıl neden nisan ocak olan olarak oldu olduğu olduğunu olması olsa onun
        orada oysa pazar pazartesi perşembe rağmen saat saatlerinde sadece sahip salı sonra sonrası söyledi
        süre tarafından temmuz vardı verdi veya yaklaşık yana yani yapan yaptı yapılan yeni yine yüzde
        yılında zaman çarşamba çünkü önce önemli üzere üzerinde şekilde şimdi şubat şöyle
    """,
    "ru": """
        август апреля более больше будет будут была были было быть ведь весь вместе вместо вновь вокруг
        воскресенье всего всей всем всех вторник вчера говорится года годах году даже данным декабря день
        дней днем долго должен должны друг другие других если есть затем зато заявил заявила здесь имеет
        именно иметь июля июня каждый какие какой когда кого которая которого которое которой которую
        которые который которым которых кроме куда лишь любой марта между месяц месяца миллион миллионов
        минувший млрд много могут может можно него некоторые нельзя несколько ними ничего ноль ночь ночью
        ноября нужно один одна однако одного одном около октября особенно отметил очень первая первый перед
        пока понедельник после последний потому почти поэтому пояснил примерно против процент процентов
        пятницу пять ранее самого самый своего своей свои своих себе себя сегодня сейчас сентября сказал
        сказала скоро слов словам сообщил сообщила сообщили среду субботу такая также такие такой теперь
        того тоже только тысяч тысячи утром февраля хотя часа часов человек человека через четверг четыре
        чтобы этим этих этого этой этом этот января
    """,
    "uk": """
        адже березня була були було бути більш більше вересня внаслідок вночі вона вони воно всього всіх
        вчора вівторок відбувається відбулася годин година години грудня даними день днів досі дуже жовтня
        з-за завтра зазначив зазначила зараз заявив заявила його йому каже квітня кого кожен коли котрий
        крім куди липня листопада лише людей людини лютого мають млрд може можна можуть мільйон мільйонів
        навіть неділю нині ночі нічого один одна однак особи осіб п'ятницю перед перша перший повідомив
        повідомила повідомили поки понад понеділок попри потрібно потім проти протягом пятницю після разом
        раніше роки року років саме свого своєї свої своїх себе середу серпня сказав сказала словами суботу
        сьогодні січня така такий також такі тисяч того тоді тому травня унаслідок упродовж усіх хоча цього
        цьому цієї червня через четвер чотири щодо який яких якого якої якщо інших інші їхні
    """,
    "ar": """
        آخر آلاف أحد أخرى أضاف أضافت أعلن أعلنت أقل أكثر أكد أكدت ألف أمام أمس أنه أنها أول أيضا إحدى إلى
        إليه إليها إنه إنها اكثر الأحد الأربعاء الأسبوع الإثنين الاثنين التي الثلاثاء الجمعة الخميس الذي
        الذين السبت العام الماضي الماضية المقبل المقبلة اليه اليوم اول ايضا بالمئة بحسب بسبب بعد بعض بين تحت
        تكون تلك جميع حتى حسب حول حيث حين خلال دون ذكر ذكرت ذلك سنة سوف سوى شخص شخصا شهر ضمن عام عبر على
        عليه عليها عند عندما عندها عنه عنها غير فوق فيه فيها قال قالت قبل كان كانت كانوا كذلك كما لقد لكن
        لكنه ليس ليست مئة مدة معه مليار مليون منذ منه منها نحن نحو نسبة هذا هذان هذه هنا هناك وأضاف وفق وفقا
        وقال وقالت يكون يوم
    """,
}


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """All of them, folded, with and without their accents. One set for all languages: what is a word of every article
    in one is hardly ever a telling one in another."""
    folded = [fold(word) for words in _WORDS.values() for word in words.split()]
    return frozenset([*folded, *map(bare, folded)])
