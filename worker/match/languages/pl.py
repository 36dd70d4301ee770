"""Polish: the singular cases of names and the plural of those that are plurals (Stany, Chiny, Narody).

Source: Wielki słownik ortograficzny PWN, zasady pisowni, odmiana nazw własnych; Saloni i inni,
Słownik gramatyczny języka polskiego.
"""

from __future__ import annotations

from worker.match.languages import Clitics, Language, listed
from worker.match.paradigms import declined

_TABLE = """
    [kg]i: i iego iemu im ich imi
    [bcdflłmnprstwzv]i: i iego iemu im
    y: y ego emu ym ych ymi 0 ów om ami ach
    [aeou]y: y ya yowi yem yu
    [kg]ie: ie iego iemu im iem ich imi
    e: e ego emu ym ych ymi ej
    rze: rze rza rzu rzem
    nie: nie nia niu niem
    ice: ice ic icom icami icach

    [bpwfmnszv]a: a y ie ę ą o
    da: da dy dzie dę dą do
    ta: ta ty cie tę tą to
    sta: sta sty ście stę stą sto
    ra: ra ry rze rę rą ro
    ła: ła ły le łę łą ło
    ka: ka ki ce kę ką ko
    ga: ga gi dze gę gą go
    ha: ha hy że hę hą ho
    cha: cha chy sze chę chą cho
    [ljxq]a: a i ę ą o
    [cż]a: a y ę ą o
    [cdrs]za: za zy zę zą zo
    dza: dza dzy dzę dzą dzo
    ia: ia ii ię ią
    wnia: wnia wni wnię wnią wnio
    śnia: śnia śni śnię śnią śnio
    ynia: ynia yni ynię ynią ynio
    [eo]a: a i ę ą o
    ua: ua uy ui uę uą uo
    [scdz]ka: ka ki ce kę ką ko kiej
    lka: lka lki lce lkę lką lko lkiej
    owa: owa owy owie owę ową owo owej
    [cdl]na: na ny nie nę ną no nej
    zna: zna zny znie znę zną zno znej
    cza: cza czy czę czą czo czej
    ższa: ższa ższej ższą ższy
    owana: owana owanej owaną
    odnia: odnia odniej odnią odni
    iała: iała iałej iałą iały iałę iałe
    rna: rna rny rnie rnę rną rno rnej

    [bfmnpswz]o: o a u em ie owi y ę ą
    io: io ia iowi iem iu
    ko: ko ka ku kiem kowi ki ce kę ką
    go: go ga gu giem gowi
    do: do da du dem dzie
    to: to ta tu tem cie
    sto: sto sta stu stem ście
    ro: ro ra ru rem rze ry rę rą
    ło: ło ła łu łem le łowi ły łę łą

    [bpwfmnszvx]: 0 a u owi em ie
    d: d da du dowi dem dzie
    t: t ta tu towi tem cie
    st: st sta stu stowi stem ście
    szt: szt szta sztu sztowi sztem szcie
    r: r ra ru rowi rem rze
    ł: ł ła łu łowi łem le
    [kg]: 0 a u owi iem
    [hcjl]: 0 a u owi em
    ż: ż ża żu żowi żem ży żą
    [cdrs]z: z za zu zowi zem zy zą
    ń: ń nia niu niowi niem ni nią
    ś: ś sia siu siowi siem si sią
    ć: ć cia ciu ciowi ciem ci cią
    ź: ź zia ziu ziowi ziem zi zią
    eń: eń nia niu niowi niem enia eniu eniowi eniem
    ień: ień nia niu niowi niem ienia ieniu ieniowi ieniem
    óbel: óbel óbla óblu óblowi óblem
    ów: ów owa owu owowi owem owie
    óg: óg ogu oga ogowi ogiem
    ód: ód odu oda odowi odem odzie
    ór: ór oru ora orowi orem orze
    ódź: ódź odzi odzią
    ek: ek ka ku kowi kiem eka eku ekowi ekiem
    iec: iec ca cu cowi cem
    niec: niec ńca ńcu ńcowi ńcem
    eł: eł ła łu łowi łem le
    ium:
"""

_WHOLE = """
    włochy: włoch włochom włochami włoszech włochach
    niemcy: niemiec niemcom niemcami niemczech
    węgry: węgier węgrom węgrami węgrzech
    indie: indii indiom indiami indiach
    seszele: seszeli seszelów seszelom seszelami seszelach
    zagrzeb: zagrzebia zagrzebiowi zagrzebiem zagrzebiu
    niger: nigru nigrowi nigrem nigrze
    helsinki: helsinek helsinkom helsinkami helsinkach
    święta: świętej świętą
    biała: białej białą
    siedlce: siedlec siedlcom siedlcami siedlcach
    kielce: kielc kielcom kielcami kielcach
    lekarze: lekarzy lekarzom lekarzami lekarzach
    reporterzy: reporterów reporterom reporterami reporterach
    linie: linii liniom liniami liniach
    koleje: kolei kolejom kolejami kolejach
    terytoria: terytoriów terytoriom terytoriami terytoriach
    wzgórza: wzgórz wzgórzom wzgórzami wzgórzach
    werchowna: werchownej werchowną
"""

_UNCHANGING = """
    mali bali delhi haiti fidżi burundi tbilisi soczi nagasaki karaczi tahiti batumi nairobi
    toronto togo chicago porto monako palermo santiago orlando kioto quito chile zimbabwe skopje george
    rio ohio ontario
"""

# English has it as an adjective, French as a country, Spanish as a people, Hungarian as "gloomy".
_AT_HOME = listed(
    """
    czech komor argentino tunisie
    """
)

LANGUAGE = Language(
    code="pl",
    name="Polish",
    forms=declined(_TABLE, whole=_WHOLE, unchanging=_UNCHANGING),
    at_home=_AT_HOME,
    # Foreign names whose last letter is silent or a strange vowel: Trudeau'a, Kennedy'ego, Blaire'em.
    clitics=Clitics(apostrophised=listed("a owi em ie ego emu ym")),
    inflected={
        "Ukraina": "Ukrainy Ukrainie Ukrainę Ukrainą Ukraino",
        "Rosja": "Rosji Rosję Rosją",
        "Moskwa": "Moskwy Moskwie Moskwę Moskwą",
        "Kijów": "Kijowa Kijowowi Kijowem Kijowie",
        "Kraków": "Krakowa Krakowowi Krakowem Krakowie",
        "Łódź": "Łodzi Łodzią",
        "Gdańsk": "Gdańska Gdańskowi Gdańskiem Gdańsku",
        "Poznań": "Poznania Poznaniowi Poznaniem Poznaniu",
        "Wiedeń": "Wiednia Wiedniowi Wiedniem Wiedniu",
        "Sosnowiec": "Sosnowca Sosnowcowi Sosnowcem Sosnowcu",
        "Białoruś": "Białorusi Białorusią",
        "Bydgoszcz": "Bydgoszczy Bydgoszczą",
        "Budapeszt": "Budapesztu Budapesztowi Budapesztem Budapeszcie",
        "Egipt": "Egiptu Egiptowi Egiptem Egipcie",
        "Bagdad": "Bagdadu Bagdadem Bagdadzie",
        "Katar": "Kataru Katarowi Katarem Katarze",
        "Izrael": "Izraela Izraelowi Izraelem Izraelu",
        "Paryż": "Paryża Paryżowi Paryżem Paryżu",
        "Czad": "Czadu Czadowi Czadem Czadzie",
        "Praga": "Pragi Pradze Pragę Pragą",
        "Litwa": "Litwy Litwie Litwę Litwą Litwo",
        "Turcja": "Turcji Turcję Turcją",
        "Korea": "Korei Koreę Koreą",
        "Warszawa": "Warszawy Warszawie Warszawę Warszawą",
        "Kosowo": "Kosowa Kosowu Kosowem Kosowie",
        "Kongo": "Konga Kongu Kongiem",
        "Putin": "Putina Putinowi Putinem Putinie",
        "Zełenski": "Zełenskiego Zełenskiemu Zełenskim",
        "Zełenska": "Zełenskiej Zełenską",
        "Biden": "Bidena Bidenowi Bidenem Bidenie",
        "Trump": "Trumpa Trumpowi Trumpem Trumpie",
        "Duda": "Dudy Dudzie Dudę Dudą",
        "Tusk": "Tuska Tuskowi Tuskiem Tusku",
        "Kościuszko": "Kościuszki Kościuszce Kościuszkę Kościuszką",
        "Ziobro": "Ziobry Ziobrze Ziobrę Ziobrą",
        "Paweł": "Pawła Pawłowi Pawłem Pawle",
        "Chiny": "Chin Chinom Chinami Chinach",
        "Włochy": "Włoch Włochom Włoszech",
        "Niemcy": "Niemiec Niemcom Niemczech",
        "Katowice": "Katowic Katowicom Katowicach",
        "Stany": "Stanów Stanom Stanami Stanach",
        "Zjednoczone": "Zjednoczonych Zjednoczonym Zjednoczonymi",
        "Unia": "Unii Unię Unią",
        "Europejska": "Europejskiej Europejską",
        "Rada": "Rady Radzie Radę Radą",
        "Światowa": "Światowej Światową",
        "Północna": "Północnej Północną",
        "Morze": "Morza Morzu Morzem",
        "Czarne": "Czarnego Czarnemu Czarnym",
        "Ameryka": "Ameryki Ameryce Amerykę Ameryką",
        "Indonezja": "Indonezji Indonezję Indonezją",
        "Narody": "Narodów Narodom",
        "Monachium": "Monachium",
        "Demokratyczna": "Demokratycznej Demokratyczną",
        "Gospodarcza": "Gospodarczej Gospodarczą",
        "Najwyższa": "Najwyższej Najwyższą",
        "Zachodnia": "Zachodniej Zachodnią",
        "Lekarze": "Lekarzy Lekarzom",
        "Disney": "Disneya Disneyowi Disneyem",
        "António": "Antónia Antóniowi Antóniem",
        "Costa": "Costy Coście Costę Costą",
        "Rio": "Rio",
    },
    attached={
        "nato": "NATO-wski",
        "lodz": "Łódź",
        "trudeau": "Trudeau'a Trudeau’em",
        "kennedy": "Kennedy'ego",
    },
    strangers={
        "kijów": "kij kije",
        "łódź": "lodz",
        "litwa": "Litwin",
        "chiny": "chinina",
        "rosja": "rosyjski",
    },
    unrelated={
        "Kijów": "kij Kijowski kije kijem",
        "Litwa": "Litwin Litwinka litewski",
        "Chiny": "chinina Chińczyk China",
        "Turcja": "turcjanin Turki Turek turecki",
        "Rosja": "Rosjanin rosyjski Rosie",
        "Mali": "Mala mały Malego",
        "Peru": "Pera pero",
        "Rzym": "Krym rzymski",
        "Czad": "Czadek Czady",
        "Togo": "Toga togi togę",
        "Praga": "praski Pragnie",
        "Polska": "Polak polskie Polki Polce",
    },
)
