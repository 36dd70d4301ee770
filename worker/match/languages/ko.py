"""Korean: particles written on the word.

Source: 국립국어원, 한글 맞춤법 제41항 (조사는 그 앞말에 붙여 쓴다).
"""

from __future__ import annotations

from worker.match.languages import Clitics, Language, listed

_PARTICLES = listed(
    """
    은 는 이 가 을 를 의 에 와 과 도 로 으로 만 에서 에게 까지 부터 보다 처럼 이나 나 이라 라 라고 이라고
    에는 에도 에서는 에서도 에게는 에게서 로는 으로는 로서 으로서 로부터 으로부터 에서의 와의 과의 에의 로의
    으로의 이다 다 였다 이었다 조차 마저 이며 며 하고 뿐 밖에 만의 만이 만은 들 들의 들이 들은 들을
    """
)

LANGUAGE = Language(
    code="ko",
    name="Korean",
    clitics=Clitics(
        after=_PARTICLES,
        words=listed("우리나라 정도 제도 지도 태도 속도 보도 수도 각도"),
        shortest=2,
    ),
    attached={
        "우크라이나": "우크라이나는 우크라이나의 우크라이나에서 우크라이나까지",
        "나토": "나토가 나토와",
        "nato": "NATO는",
    },
    strangers={"러시": "러시아", "우리": "우리나라"},
)
