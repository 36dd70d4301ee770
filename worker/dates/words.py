"""The words in dates: the months in the languages of the press, and the one form in which they are compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

# One spelling where there are several: what a Persian keyboard types for Arabic letters, the bearers of hamza,
# the curly apostrophe; marks of direction and soft hyphens say nothing. `İ` loses its dot here, because lower()
# would make two characters of it.
_ONE_SPELLING = str.maketrans(
    {"ی": "ي", "ک": "ك", "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "’": "'", "ʼ": "'", "İ": "i", "־": " "}
    | dict.fromkeys("\u200b\u200c\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069\u061c\u00ad\ufeff")
)
# Months of two words, of the Levant.
_PAIRS = {
    "كانون الثاني": "كانونثاني",
    "كانون ثاني": "كانونثاني",
    "كانون الاول": "كانوناول",
    "كانون اول": "كانوناول",
    "تشرين الثاني": "تشرينثاني",
    "تشرين ثاني": "تشرينثاني",
    "تشرين الاول": "تشريناول",
    "تشرين اول": "تشريناول",
}
_DIGITS = re.compile(r"(?![0-9])\d")


def fold(text: str) -> str:
    """The text in the one form in which dates are read: small letters, ASCII digits, single blanks."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_ONE_SPELLING))
        text = _DIGITS.sub(lambda digit: str(unicodedata.decimal(digit[0])), text)
    text = " ".join(text.lower().split())
    if "كانون" in text or "تشرين" in text:
        for pair, word in _PAIRS.items():
            text = text.replace(pair, word)
    return text


_MONTH_WORDS = """
january जन ינו בינו januari januar januarie januara jan janvier janv enero ene gennaio gen janeiro ocak
    oca stycznia styczeń sty ledna leden led januára januarja sausio sausis saus janvāris janvārī
    janvāra jaanuar jaanuaril jaan tammikuuta tammikuu tammikuun tammi január gener jänner jän yanvar
    siječnja siječanj sij ianuarie ian xaneiro urtarrila січня січень січ янв января январь студзеня
    студзень сту студз януари јануар јануара јан яну қаңтар қаң ιανουαριος ιανουαριου ιαν يناير جانفي
    كانونثاني جنوري ژانويه ינואר בינואר जनवरी জানুয়ারি জানুয়ারী มกราคม ม.ค
february फ़र פבר בפבר februari feb peb pebruari februar februara februarie februára févr fév fevr
    février fevrier febrero febbraio fevereiro fev şubat subat şub lutego luty lut února únor úno
    februarja február febr vasario vasaris vas februāris februārī februāra veebruar veebruaril veebr
    helmikuuta helmikuu helmikuun helmi febrer feber fevral pebrero veljače veljača velj otsaila лютого
    лютий лют фев февр февраля февраль лютага люты февруари фебруар фебруара феб ақпан ақп φεβρουαριος
    φεβρουαριου φεβ فبراير فيفري شباط فروري فوريه פברואר בפברואר फरवरी फ़रवरी ফেব্রুয়ারি ফেব্রুয়ারী
    กุมภาพันธ์ ก.พ
march machi maret mar mac märz maerz mrz mars marzo março marco mart marca marzec března březen bře
    marec márc március kovo kovas kov marts martā marta märts märtsil maaliskuuta maaliskuu maaliskuun
    maalis març maart mrt martie ožujka ožujak ožu marso martxoa березня березень бер марта март мар
    сакавіка сакавік сак наурыз нау μαρτιος μαρτιου μαρ مارس اذار مارچ מרץ במרץ מרס במרס मार्च মার্চ
    มีนาคม มี.ค
april квіт אפר באפר apr apl avr avril abril abr aprile nisan nis kwietnia kwiecień kwi dubna duben dub
    aprila apríla apríl április balandžio balandis bal aprīlis aprīlī aprīļa aprill aprillil huhtikuuta
    huhtikuu huhtikuun huhti aprilie travnja travanj tra aprel aprili ápr квітня квітень кві апр апреля
    апрель красавіка красавік кра април априла сәуір сәу απριλιος απριλιου απρ ابريل افريل نيسان اپريل
    اوريل אפריל באפריל अप्रैल এপ্রিল เมษายน เม.ย
may трав mei mai maj mayo maggio mag maio mayıs mayis maja května květen kvě máj mája május gegužės
    gegužė geg maijs maijā maija toukokuuta toukokuu toukokuun touko maig svibnja svibanj svi травня
    травень тра май мая траўня траўень мај маја маю мамыр мам μαϊος μαΐου μαϊου μαΐ μαϊ μαι μαιος μαιου
    مايو ماي ايار مئي مه מאי במאי मई মে พฤษภาคม พ.ค
june черв birž jūn juni jun juin junio giugno giu junho haziran haz czerwca czerwiec cze června červen
    čvn čer júna jún június birželio birželis bir jūnijs jūnijā jūnija juuni juunil kesäkuuta kesäkuu
    kesäkuun kesä juny iunie iun lipnja lipanj iyun hunyo juna juno junij junija червня червень чер июн
    июня июнь чэрвеня чэрвень чэр юни јун јуна јуни маусым мау ιουνιος ιουνιου ιουν يونيو جوان حزيران
    جون ژوئن יוני ביוני जून জুন มิถุนายน มิ.ย
july जुल jūl juli jul julai juil juillet julio luglio lug julho temmuz tem lipca lipiec lip července
    červenec čvc júla júl július liepos liepa liep jūlijs jūlijā jūlija juuli juulil heinäkuuta heinäkuu
    heinäkuun heinä juliol iulie iul srpnja srpanj iyul hulyo jula julij julija липня липень лип июл
    июля июль ліпеня ліпень ліп юли јул јула јули шілде шіл ιουλιος ιουλιου ιουλ يوليو يوليوز جويليه
    جويلية تموز جولاي جولائي ژوئيه ژوييه יולי ביולי जुलाई জুলাই กรกฎาคม ก.ค
august augusti серп अग rugp אוג באוג agustus agu agt ags ogos aug août aout aoû agosto ago ağustos agustos ağu
    sierpnia sierpień sie srpna srpen srp augusta augusztus rugpjūčio rugpjūtis rgp augusts augustā
    augustil elokuuta elokuu elokuun elo agost augustus kolovoza kolovoz kol avqust avgust avgusta
    agosti серпня серпень сер авг августа август жніўня жнівень жні тамыз там αυγουστος αυγουστου αυγ
    اغسطس اوت غشت اب اگست اگوست אוגוסט באוגוסט अगस्त আগস্ট สิงหาคม ส.ค
september सित rugs ספט בספט sept sep septembre septiembre setiembre settembre set setembro eylül eylul
    eyl września wrzesień wrz září zář septembra szeptember szept rugsėjo rugsėjis rgs septembris
    septembrī septembril syyskuuta syyskuu syyskuun syys setembre septembrie rujna rujan ruj sentyabr
    sentabr setyembre septemba septembar вересня вересень вер сен сент сентября сентябрь верасня
    верасень септември септембар септембра сеп септ қыркүйек қыр σεπτεμβριος σεπτεμβριου σεπ σεπτ سبتمبر
    شتنبر ايلول ستمبر سپتامبر ספטמבר בספטמבר सितंबर सितम्बर সেপ্টেম্বর กันยายน ก.ย
october жовт spal अक्टू אוק באוק oktober okt oct octobre octubre ottobre ott outubro out ekim eki
    października październik paź října říjen říj októbra október spalio spalis spa oktobris oktobrī
    oktoobril oktoober lokakuuta lokakuu lokakuun loka octombrie oktobra oktobar oktyabr oktabr oktubre
    oktoba жовтня жовтень жов окт октября октябрь кастрычніка кастрычнік кас октомври октобар октобра
    қазан қаз οκτωβριος οκτωβριου οκτ اكتوبر تشريناول اكتبر אוקטובר באוקטובר अक्टूबर अक्तूबर অক্টোবর
    ตุลาคม ต.ค
november лист नव נוב בנוב nopember nop nov novembre noviembre novembro kasım kasim kas listopada
    listopad lis listopadu novembra lapkričio lapkritis lap lapkr novembris novembrī novembril
    marraskuuta marraskuu marraskuun marras noiembrie noi studenoga studeni studenog stu noyabr
    nobyembre novemba novembar листопада листопад лис ноя нояб ноября ноябрь лістапада лістапад ліс
    ноември новембар новембра нов ное қараша қар νοεμβριος νοεμβριου νοε νοεμ نوفمبر نونبر تشرينثاني
    نومبر نوامبر נובמבר בנובמבר नवंबर नवम्बर নভেম্বর พฤศจิกายน พ.ย
december груд gruod दिस דצמ בדצמ desember des disember dis dezember dez dec déc décembre diciembre dic
    dicembre dezembro aralık aralik ara grudnia grudzień gru prosince prosinec pro decembra gruodžio
    gruodis grd decembris decembrī detsember detsembril dets joulukuuta joulukuu joulukuun joulu
    desembre decembrie prosinca dekabr disyembre desemba decembar грудня грудень гру дек декабря декабрь
    снежня снежань сне декември децембар децембра дец желтоқсан жел δεκεμβριος δεκεμβριου δεκ ديسمبر
    دجنبر كانوناول دسمبر دسامبر דצמבר בדצמבר दिसंबर दिसम्बर ডিসেম্বর ธันวาคม ธ.ค
"""
_JALALI_WORDS = """
فروردین حمل
اردیبهشت ثور
خرداد جوزا
تیر سرطان
مرداد اسد امرداد
شهریور سنبله
مهر میزان
آبان عقرب
آذر قوس
دی جدی
بهمن دلو
اسفند حوت
"""
# Where a country's word means another month than its neighbours' do, by the zone that is the country's own.
_ELSEWHERE: Mapping[str, Mapping[str, int]] = {
    "Europe/Zagreb": {"lip": 6, "srp": 7, "lis": 10, "listopada": 10, "listopad": 10},
}


def _numbered(words: str) -> dict[str, int]:
    lines = re.split(r"\n(?! )", words.strip())
    return {_bare(fold(word)): number for number, line in enumerate(lines, start=1) for word in line.split()}


def _bare(word: str) -> str:
    """Without the full stop of an abbreviation, and without Greek accents, which capitals do not carry."""
    word = word.rstrip(".'׳॰")
    if "\u0370" <= word[:1] <= "\u03ff":
        word = "".join(sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign))
    return word


_MONTHS = _numbered(_MONTH_WORDS)
_JALALI_MONTHS = _numbered(_JALALI_WORDS)


def month(word: str, zone: str) -> int | None:
    """The number of a month's name (folded) as the press of this zone uses it."""
    bare = _bare(word)
    return _ELSEWHERE.get(zone, {}).get(bare) or _MONTHS.get(bare)


def jalali_month(word: str) -> int | None:
    """The number of a month of the Iranian and Afghan calendar."""
    return _JALALI_MONTHS.get(_bare(word))
