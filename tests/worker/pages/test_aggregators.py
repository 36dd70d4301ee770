"""Where wrapped links lead, and which links are no wrappers."""

from __future__ import annotations

import base64
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from worker.pages.aggregators import target_of

PAGE = "https://news.example.id/read/1/cegah-invasi?id=7&x=a"
Q = quote(PAGE, safe="")
B64 = base64.urlsafe_b64encode(PAGE.encode()).decode().rstrip("=")


def _news(url: str, amp: str = "") -> str:
    """A Google News code of the older form."""

    def length(text: str) -> bytes:
        size = len(text)
        return bytes([size]) if size < 0x80 else bytes([size & 0x7F | 0x80, size >> 7])

    raw = b"\x08\x13\x22" + length(url) + url.encode() + b"\xd2\x01" + length(amp) + amp.encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


LONG = "https://news.example.id/" + "a-long-way-to-an-article/" * 10
TARGETS = {
    # Google
    f"https://www.google.com/url?rct=j&sa=t&url={Q}&ct=ga&cd=CAIyG&usg=AOv": PAGE,
    f"https://www.google.co.id/url?q={Q}&sa=U": PAGE,
    f"http://google.com.ua/url?sa=t&source=web&url={Q}": PAGE,
    f"https://news.url.google.com/url?sa=j&url={Q}": PAGE,
    f"https://news.google.com/news/url?sa=t&fd=R&cid=1&url={Q}": PAGE,
    f"https://www.google.com/imgres?imgurl=x&imgrefurl={Q}": PAGE,
    f"https://news.google.com/rss/articles/{_news(PAGE)}?oc=5": PAGE,
    f"https://news.google.com/articles/{_news(PAGE, PAGE + '/amp')}?hl=en-US&gl=US": PAGE,
    f"https://news.google.com/__i/rss/rd/articles/{_news(PAGE)}": PAGE,
    f"https://news.google.com/__i/rss/articles/{_news(LONG)}": LONG,
    f"https://news.google.com/read/{_news(LONG)}": LONG,
    "https://news.google.com/rss/articles/CBMiK2h0dHBzOi8vd3d3LmV4YW1wbGUub3JnL2Fib3V0L25ld3MvMTIzLmh0bWzSAQA": "https://www.example.org/about/news/123.html",
    "https://news.google.com/rss/articles/CBMiuAFBVV95cUxPX0Y2ZzRkZ2RmZ2RmZw?oc=5": None,
    "https://www.google.com/amp/s/news.example.id/read/1/amp": "https://news.example.id/read/1/amp",
    "https://www.google.com/amp/news.example.id/read/1": "http://news.example.id/read/1",
    "https://webcache.googleusercontent.com/search?q=cache:abc": None,
    f"https://www.google.com/search?q=cache:AbCdEfGhIjKl:{Q}": PAGE,
    "https://www.google.com/search?q=cache:news.example.id/1+nato": "https://news.example.id/1",
    "https://www.google.com/search?q=nato": None,
    f"https://translate.google.com/translate?sl=id&tl=en&u={Q}": PAGE,
    "https://news-example-id.translate.goog/read/1?_x_tr_sl=id&_x_tr_tl=en": "https://news.example.id/read/1",
    "https://www-my--site-com.translate.goog/a?id=3&_x_tr_sl=id": "https://www.my-site.com/a?id=3",
    "https://feedproxy.google.com/~r/example/~3/AbCdEf/1.html": None,
    "https://www.google.com/alerts/feeds/1/2": None,
    # searches
    f"http://www.bing.com/news/apiclick.aspx?ref=FexRss&aid=&tid=1&url={Q}&c=1&mkt=id-id": PAGE,
    f"https://bing.com/ck/a?!&&p=1&u=a1{B64}&ntb=1": None,
    f"https://www.bing.com/ck/a?!&&p=1&u=a1{B64}&ntb=1": PAGE,
    f"https://www.bing.com/alink/link?url={Q}&source=serp": PAGE,
    f"https://duckduckgo.com/l/?uddg={Q}&rut=1": PAGE,
    f"https://html.duckduckgo.com/l/?kh=-1&uddg={Q}": PAGE,
    f"https://r.search.yahoo.com/_ylt=A2/RV=2/RE=1/RO=10/RU={Q}/RK=2/RS=x-": PAGE,
    "http://us.rd.yahoo.com/finance/news/rss/story/*http://news.example.id/1?x=2": "http://news.example.id/1?x=2",
    "https://news.yahoo.com/some-story-123.html": None,
    f"https://yandex.ru/clck/jsredir?from=yandex&text=&etext=1&url={Q}": PAGE,
    f"https://yandex.ru/turbo?text={Q}": PAGE,
    "https://news-example-ru.turbopages.org/news.example.ru/s/world/1.html": "https://news.example.ru/world/1.html",
    "https://yandex.ru/turbo/news.example.ru/s/world/1.html": "https://news.example.ru/world/1.html",
    "https://yandex.ru/news/story/1": None,
    # networks
    f"https://l.facebook.com/l.php?u={Q}&h=AT0": PAGE,
    f"https://lm.facebook.com/l.php?u={Q}": PAGE,
    f"https://www.facebook.com/l.php?u={Q}": PAGE,
    f"https://www.facebook.com/sharer.php?u={Q}": None,
    f"https://l.instagram.com/?u={Q}&e=1": PAGE,
    f"https://l.threads.net/?u={Q}&e=1": PAGE,
    f"https://www.youtube.com/redirect?event=video_description&q={Q}": PAGE,
    f"https://vk.com/away.php?to={Q}&cc_key=": PAGE,
    f"https://www.linkedin.com/safety/go?url={Q}": PAGE,
    f"https://out.reddit.com/t3_1?url={Q}&token=1": PAGE,
    f"https://t.umblr.com/redirect?z={Q}&t=1": PAGE,
    f"https://slack-redir.net/link?url={Q}&v=3": PAGE,
    f"https://link.zhihu.com/?target={Q}": PAGE,
    f"https://weibo.cn/sinaurl?u={Q}": PAGE,
    f"https://getpocket.com/redirect?url={Q}&h=1": PAGE,
    "https://t.co/AbCdEf": None,
    "https://bit.ly/3x": None,
    "https://apple.news/AbCdEf": None,
    # mail
    f"https://nam02.safelinks.protection.outlook.com/?url={Q}&data=05": PAGE,
    f"https://safelinks.protection.outlook.com.example.org/?url={Q}": None,
    "https://urldefense.com/v3/__https://news.example.id/1?x=2__;!!AbC!d$": "https://news.example.id/1?x=2",
    "https://urldefense.com/v3/__https://news.example.id/*2__;Iw!!AbC$": None,
    "https://urldefense.proofpoint.com/v2/url?u=https-3A__news.example.id_1-3Fx-3D2&d=Dw": "https://news.example.id/1?x=2",
    # copies
    "https://news-example-id.cdn.ampproject.org/c/s/news.example.id/amp/1": "https://news.example.id/amp/1",
    "https://cdn.ampproject.org/v/s/news.example.id/1?amp_js_v=0": "https://news.example.id/1?amp_js_v=0",
    "https://news-example-id.bing-amp.com/c/s/news.example.id/1": "https://news.example.id/1",
    "https://web.archive.org/web/20220224013000/https://news.example.id/1?x=2": "https://news.example.id/1?x=2",
    "https://web.archive.org/web/20220224013000id_/http://news.example.id/1": "http://news.example.id/1",
    "https://archive.ph/20220224013000/https://news.example.id/1": "https://news.example.id/1",
    "https://archive.ph/AbCdE": None,
    "https://web.archive.org/about/": None,
    # wrappers in wrappers
    f"https://l.facebook.com/l.php?u={quote(f'https://www.google.com/url?url={Q}', safe='')}": PAGE,
    f"https://nam02.safelinks.protection.outlook.com/?url={quote('https://t.co/x', safe='')}": "https://t.co/x",
    # no wrappers
    PAGE: None,
    f"https://news.example.id/share?url={Q}": None,
    f"https://example.org/login?next={Q}": None,
    "": None,
    "mailto:a@example.org": None,
    "https://[": None,
    # what may not be fetched is no target
    "https://www.google.com/url?url=javascript:alert(1)": None,
    "https://www.google.com/url?url=http://user:word@news.example.id/": None,
    "https://www.google.com/url?url=https://www.google.com/": None,
    "https://www.google.com/url?" + "&".join(f"a{at}=1" for at in range(200)): None,
}


@pytest.mark.parametrize(("link", "target"), TARGETS.items())
def test_a_wrapped_link_leads_to_its_article(link, target):
    assert target_of(link) == target


HOSTS = [
    "www.google.com/url?url=", "news.google.com/rss/articles/", "r.search.yahoo.com/RU=", "l.facebook.com/l.php?u=",
    "www.bing.com/ck/a?u=a1aHR0c", "web.archive.org/web/2022/", "urldefense.com/v3/__", "x.cdn.ampproject.org/c/s/",
    "a-b.translate.goog/", "x.turbopages.org/",
]  # fmt: skip


@given(
    st.sampled_from(HOSTS),
    st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: base64.b64encode(raw).decode()),
)
@example("www.bing.com/ck/a?u=a1aHR0c", "\udcff")
def test_whatever_is_wrapped_the_answer_is_an_address_or_nothing(start, rest):
    found = target_of(f"https://{start}{rest}")
    assert found is None or urlsplit(found).scheme in ("http", "https")


def test_many_wrappers_in_one_another_end():
    link = PAGE
    for _ in range(12):
        link = f"https://l.facebook.com/l.php?u={quote(link, safe='')}"
        link = f"https://www.google.com/url?url={quote(link, safe='')}"
        if len(link) > 3000:
            break
    assert target_of(link) is not None
