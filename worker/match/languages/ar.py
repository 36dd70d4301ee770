"""Arabic: conjunctions, prepositions and the article are written on the word.

Source: Ryding, A Reference Grammar of Modern Standard Arabic, proclitics.
"""

from __future__ import annotations

from worker.match.languages import Clitics, Language, listed

_PROCLITICS = listed("و ف ب ل ك ال وال فال بال كال لل ول وب فب فل وك ولل فلل وبال وكال")
_WORDS = listed(
    """
    والد والدة ولاية وسائل وحدة واحد وجود وزير وزراء وزارة وكالة وطني ولكن ولادة وفاة ورقة وثيقة واجب
    واقع وادي والي لجنة لبنان لقاء لندن لغة لحظة ليبيا كتاب كامل كبير كريم كلها كلما كوريا كانت كرة بدون
    بسبب بعيد بلاد بلدان بلجيكا بيروت باريس باكستان بريطانيا بغداد بداية بيانات برلين بولندا فكرة فعلا
    فرنسا فلسطين فترة فريق فيلم فنلندا الله الذي التي الذين الان المانيا
    """
)

LANGUAGE = Language(
    code="ar",
    name="Arabic",
    clitics=Clitics(before=_PROCLITICS, words=_WORDS),
    attached={
        "أوكرانيا": "وأوكرانيا بأوكرانيا لأوكرانيا أُوكْرَانِيَا اوكرانيا",
        "روسيا": "وروسيا روســـيا",
        "ناتو": "الناتو والناتو",
    },
    strangers={"بنان": "لبنان", "جنة": "لجنة", "كرة": "فكرة"},
)
