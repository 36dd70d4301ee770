"""Hebrew: conjunction, article, prepositions and relative are written on the word.

Source: Glinert, The Grammar of Modern Hebrew, prefixes ו ה ב ל מ ש כ.
"""

from __future__ import annotations

from worker.match.languages import Clitics, Language, listed

_PROCLITICS = listed("ו ה ב ל מ ש כ וה וב ול ומ וש שה שב כש מה לכש ושה")
_WORDS = listed(
    """
    מספר מקום מרכז מערכת מדינה מצרים מלחמה מפלגה ממשלה משרד משחק משפחה משטרה מחקר מכתב מבצע משבר מעמד
    מקור מידע המון הודו הולנד הונגריה לבנון לילה ליבי לונדון שלום שלמה שמעון שוודיה שווייץ שבועות כנסת
    כתב כולנו בית בעיה בחירות ברית בריטניה ברלין בלגיה בריאות בולגריה בוקר ביטחון ושינגטון ורשה
    """
)

LANGUAGE = Language(
    code="he",
    name="Hebrew",
    clitics=Clitics(before=_PROCLITICS, words=_WORDS),
    attached={"אוקראינה": "באוקראינה לאוקראינה ואוקראינה שבאוקראינה", "רוסיה": "מרוסיה"},
    strangers={"ספר": "מספר", "בנון": "לבנון", "חירות": "בחירות"},
)
