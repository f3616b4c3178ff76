import http.client
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import spacy

from spacy_mluke.entities.vocabulary import EntityVocabulary
from spacy_mluke.entities.vocabulary_formats import import_vocabulary
from spacy_mluke.language import get_language
from spacy_mluke.serve.analysis import Analyzer
from spacy_mluke.serve.neighbours import EntityTable
from spacy_mluke.serve.server import MAX_BODY, Server
from tests.pipeline import linkers
from tests.serve.pipelines import LABEL, make, make_with_table

TEXT = "😀 Paris in France, Nowhere, باريس and <b>Troy</b> <script>alert(1)</script>"


@pytest.fixture(scope="module")
def nlp(tmp_path_factory, piece_model):
    return make_with_table(tmp_path_factory.mktemp("table") / "checkpoint", piece_model)


def start(nlp, vocabulary=None):
    server = Server(Analyzer(nlp, vocabulary), "127.0.0.1", 0)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server


@pytest.fixture(scope="module")
def server(nlp):
    with start(nlp) as server:
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def plain():
    """The server of a pipeline that can do nothing."""
    with start(spacy.blank("de")) as server:
        yield server
        server.shutdown()


def request(server, method, path, body=None, headers=None):
    """Status, headers and text of an answer."""
    connection = http.client.HTTPConnection(*server.server_address[:2], timeout=120)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode("utf8")
    finally:
        connection.close()


def ask(server, path, value=None):
    """An answer that is no error."""
    method, body = ("GET", None) if value is None else ("POST", json.dumps(value))
    status, _, text = request(server, method, path, body)
    assert status == 200, text
    return json.loads(text)


def error(server, method, path, body=None, headers=None):
    """Status and message of an error."""
    status, found, text = request(server, method, path, body, headers)
    assert found["Content-Type"] == "application/json; charset=utf-8"
    assert found["Connection"] == "close"
    return status, json.loads(text)["error"]


def test_what_was_found(server):
    answer = ask(server, "/api/analyze", {"text": TEXT, "lang": "en"})
    ents = {ent["text"]: ent for ent in answer["ents"]}
    assert list(ents) == ["Paris", "France", "Nowhere", "باريس", "<b>Troy</b>"]
    for ent in answer["ents"]:  # offsets are characters, not bytes or UTF-16 units
        assert TEXT[ent["start"] : ent["end"]] == ent["text"] and ent["label"] == LABEL
    assert ents["Paris"]["kb_id"] == ents["باريس"]["kb_id"] == "Q90"
    assert ents["Paris"]["url"] == "https://www.wikidata.org/wiki/Q90"
    assert ents["Paris"]["titles"] == {"en": "Paris"} and ents["Paris"]["has_neighbours"]
    assert ents["<b>Troy</b>"]["url"] == "https://en.wikipedia.org/wiki/Paris_%28mythology%29"
    assert "kb_id" not in ents["Nowhere"] and "candidates" not in ents["Nowhere"]
    good, unknown = ents["Paris"]["candidates"]
    assert (good["kb_id"], good["score"], good["prior"]) == ("Q90", 0.75, 0.5)
    assert (unknown["kb_id"], unknown["url"], unknown["has_neighbours"]) == ("<u>x</u>", "", False)
    relations = [(r["head"]["text"], r["label"], r["tail"]["text"]) for r in answer["relations"]]
    assert len(relations) == 4 and relations[0] == ("Paris", "part<s>of", "France")
    assert len(answer["arcs"]) == 1 and answer["arcs"][0].count("displacy-arrowhead") == 4
    assert "part&lt;s&gt;of" in answer["arcs"][0] and "<s>" not in answer["arcs"][0]


def test_pipeline_that_can_do_nothing(plain):
    answer = ask(plain, "/api/analyze", {"text": TEXT})
    assert answer.pop("seconds") < 10 and answer.pop("tokens") > 5
    assert answer == {"ents": [], "spans": {}, "relations": [], "arcs": []}
    info = ask(plain, "/api/info")
    assert (info["lang"], info["components"], info["entities"]) == ("de", [], 0)
    assert {"de", "ja", "zh"} <= set(info["languages"]) and "xx" not in info["languages"]
    assert error(plain, "GET", "/api/neighbours?key=Q90")[1].startswith("[M631]")


@pytest.mark.parametrize("text", ["", " \n\t ", "\0", "a" * 20_000, "é" * 5_000, "\u202etxt"])
def test_any_text(server, text):
    assert ask(server, "/api/analyze", {"text": text})["ents"] == []


def test_spans_of_groups():
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("span_ruler")
    ruler.add_patterns([{"label": "A", "pattern": "New York"}, {"label": "B", "pattern": "York"}])
    spans = Analyzer(nlp).analyze("New York")["spans"]
    found = [(span["text"], span["label"]) for span in spans["ruler"]]
    assert found == [("New York", "A"), ("York", "B")]
    assert Analyzer(nlp).analyze("Nothing")["spans"] == {}


def test_language_of_a_text(server, nlp):
    seen = []

    class Watching(Analyzer):
        def _doc(self, text, lang):
            doc = super()._doc(text, lang)
            seen.append(get_language(doc))
            return doc

    for lang in ("sw", None):
        Watching(nlp).analyze("Paris", lang)
    assert seen == ["sw", "xx"]
    body = json.dumps({"text": "x", "lang": "<b>"})
    assert error(server, "POST", "/api/analyze", body)[1].startswith("[M626] '<b>'")


def test_languages_that_a_pipeline_names():
    nlp = spacy.blank("xx")
    nlp.meta["languages"] = ["sw", "de"]
    assert Analyzer(nlp).info()["languages"] == ["de", "sw"]


def test_linker(tmp_path, piece_model):
    """The candidates of a real one, and the languages that it has aliases of."""
    start = linkers.checkpoint(tmp_path / "checkpoint", piece_model)
    aliases = linkers.dictionary(tmp_path)
    analyzer = Analyzer(linkers.make(start, linkers.aliases_config(aliases)))
    assert analyzer.info()["languages"] == ["de", "en", "ja", "ko", "th"]
    ent = analyzer.analyze("They flew to Paris.", "en")["ents"][0]
    candidates = {candidate["kb_id"]: candidate for candidate in ent["candidates"]}
    assert set(candidates) == {"Q90", linkers.TROY}
    paris = candidates["Q90"]
    assert paris["prior"] == pytest.approx(2 / 3) and paris["has_neighbours"]
    chosen = candidates.get(ent.get("kb_id"))
    assert chosen is None or chosen["score"] == max(c["score"] for c in candidates.values())


def test_neighbours(server, nlp):
    answer = ask(server, "/api/neighbours?key=Q90&n=3")
    assert answer["key"] == "Q90" and answer["titles"] == {"en": "Paris"}
    found = [(other["key"], other["similarity"]) for other in answer["neighbours"]]
    weight = nlp.get_pipe("mluke").encoder_shims[0].module.encoder.entity_embeddings
    weight = weight.entity_embeddings.weight.detach()
    cosines = (weight @ weight[4]) / weight.norm(dim=1) / weight[4].norm()
    keys = {5: "en:Paris (mythology)", 6: "Q60", 7: "Q142", 8: "Q365", 9: "Q1490", 10: "Q5880"}
    keys[11] = "Q42462"
    want = sorted(((keys[row], float(cosines[row])) for row in keys), key=lambda pair: -pair[1])
    assert [key for key, _ in found] == [key for key, _ in want[:3]]
    assert [value for _, value in found] == pytest.approx([v for _, v in want[:3]], abs=1e-5)
    assert len(ask(server, "/api/neighbours?key=Q90&n=100")["neighbours"]) == 7
    assert ask(server, "/api/neighbours?key=en%3AParis")["neighbours"]
    assert ask(server, "/api/info")["entities"] == 8


@pytest.mark.parametrize(
    "query,status,code",
    [
        ("key=Q1", 404, "M632"),
        ("key=%5BMASK%5D", 404, "M632"),
        ("key=%FF%ED%A0%80", 404, "M632"),
        ("", 404, "M632"),
        ("key=Q90&n=0", 400, "M635"),
        ("key=Q90&n=101", 400, "M635"),
        ("key=Q90&n=%C2%B2", 400, "M635"),
    ],
)
def test_neighbours_of_what_is_not_there(server, query, status, code):
    found = error(server, "GET", f"/api/neighbours?{query}")
    assert found[0] == status and found[1].startswith(f"[{code}]")


def test_titles_of_a_vocabulary(nlp, tmp_path):
    entities = [["Paris", "en"], ["パリ", "ja"], ["Pariisi", "fi"]]
    specials = [[["[MASK]", "en"]], [["[UNK]", "en"]], [["[PAD]", "en"]], [["[MASK2]", "en"]]]
    lines = [{"id": i, "entities": names} for i, names in enumerate([*specials, entities])]
    (tmp_path / "v.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf8")
    import_vocabulary(tmp_path / "v.jsonl", tmp_path / "v")
    analyzer = Analyzer(nlp, EntityVocabulary.open(tmp_path / "v"))
    titles = {"en": "Paris", "fi": "Pariisi", "ja": "パリ"}
    assert analyzer.neighbours("en:Paris")["titles"] == titles
    assert analyzer.neighbours("Q60")["titles"] == {}
    assert analyzer.table.languages == ["en", "fi", "ja"]


def test_names_of_entities_without_titles(nlp, tmp_path):
    aliases = linkers.aliases_config(linkers.dictionary(tmp_path / "aliases"))["candidates"]
    linker = nlp.add_pipe("mluke_linker", config={"candidates": aliases})
    linker.candidates.initialize(lambda key: True)
    titles = EntityTable.of(nlp).titles
    nlp.remove_pipe("mluke_linker")
    assert titles("Q60")["en"] == "New York City" and titles("Q365")["de"] == "Köln"
    assert titles("Q90")["en"] == "Paris" and titles("Q999") == {}


@pytest.mark.parametrize(
    "body,status,code",
    [
        (b'{"text": "\xff"}', 400, "M623"),
        ('{"text": "é"}'.encode("utf-16"), 400, "M623"),
        (b"", 400, "M624"),
        (b'{"text": "a"', 400, "M624"),
        (b"[" * 200_000, 400, "M624"),
        (b"[]", 400, "M625"),
        (b'{"text": 1}', 400, "M625"),
        (b'{"txt": "a"}', 400, "M625"),
        (b'{"text": "a", "lang": ["en"]}', 400, "M625"),
        (rb'{"text": "ab\ud800"}', 400, "M630"),
        (b'{"text": "you fail"}', 500, "M633"),
        (b" " * MAX_BODY, 413, "M622"),
    ],
)
@pytest.mark.parametrize("path", ["/api/analyze", "/api/page"])
def test_bad_requests(server, path, body, status, code):
    found, message = error(server, "POST", path, body)
    assert found == status and message.startswith(f"[{code}]")


def test_longest_text(plain):
    text = "a" * (MAX_BODY - len('{"text": ""}') - 1)
    assert ask(plain, "/api/analyze", {"text": text})["tokens"] == 1


def test_text_longer_than_the_pipeline_reads():
    nlp = make()
    nlp.max_length = 10
    with start(nlp) as server:
        found = error(server, "POST", "/api/analyze", json.dumps({"text": "a" * 11}))
        assert found[0] == 413 and found[1].startswith("[M634]")
        server.shutdown()


def raw(server, head, body=b""):
    """What comes back for bytes on the wire, and how long it took."""
    begin = time.monotonic()
    with socket.create_connection(server.server_address[:2], timeout=120) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + body)
        answer = b""
        while data := connection.recv(1 << 16):
            answer += data
    return answer.decode("utf8"), time.monotonic() - begin


@pytest.mark.parametrize("extra", ["", "Expect: 100-continue\n"])
@pytest.mark.parametrize("length", ["1000000", "99999999999", "9" * 5000])
def test_too_large_is_refused_before_it_is_read(server, extra, length):
    """The client has not sent anything of it."""
    head = f"POST /api/analyze HTTP/1.1\nHost: x\nContent-Length: {length}\n{extra}\n"
    answer, seconds = raw(server, head)
    assert answer.startswith("HTTP/1.1 413 ") and "[M622]" in answer and seconds < 10


@pytest.mark.parametrize(
    "headers", ["", "Content-Length: -1\n", "Content-Length: ²\n", "Transfer-Encoding: chunked\n"]
)
def test_length_must_be_known(server, headers):
    answer, _ = raw(server, f"POST /api/analyze HTTP/1.1\nHost: x\n{headers}\n")
    assert answer.startswith("HTTP/1.1 411 ") and "[M629]" in answer


def test_expected_bodies_are_read(server):
    body = b'{"text": "Paris"}'
    length = f"Content-Length: {len(body)}\nExpect: 100-continue\nConnection: close\n"
    answer, _ = raw(server, f"POST /api/analyze HTTP/1.1\nHost: x\n{length}\n", body)
    assert answer.startswith("HTTP/1.1 100 ") and '"Q90"' in answer


@pytest.mark.parametrize(
    "method,path,status,code",
    [
        ("GET", "/nowhere", 404, "M627"),
        ("POST", "/<script>alert(1)</script>", 404, "M627"),
        ("GET", "/../setup.py", 404, "M627"),
        ("GET", "/api/analyze", 405, "M628"),
        ("POST", "/", 405, "M628"),
        ("DELETE", "/", 501, "DELETE"),
    ],
)
def test_unknown_paths_and_methods(server, method, path, status, code):
    found, message = error(server, method, path, b"" if method == "POST" else None)
    assert found == status and code in message


def test_no_http(server):
    answer, _ = raw(server, "<b>hello</b> there you are\n\n")
    assert '{"error": "Bad request' in answer and "text/html" not in answer


def test_page_and_its_files(server):
    for path, kind, part in [
        ("/", "text/html", '<script src="page.js">'),
        ("/page.css", "text/css", "prefers-color-scheme: dark"),
        ("/page.js", "text/javascript", "api/analyze"),
    ]:
        status, headers, text = request(server, "GET", path)
        assert status == 200 and headers["Content-Type"] == f"{kind}; charset=utf-8"
        assert part in text and "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "innerHTML" not in text and "//cdn" not in text
    assert request(server, "GET", "/?a=b")[0] == 200


def test_page_to_keep(server):
    status, headers, text = request(server, "POST", "/api/page", json.dumps({"text": TEXT}))
    assert status == 200 and headers["Content-Type"] == "text/html; charset=utf-8"
    assert text.startswith("<!DOCTYPE html>") and "https://www.wikidata.org/wiki/Q90" in text
    for markup in ("<script>", "<b>", "<i>", "<s>"):
        assert markup not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_several_requests_on_one_connection(server):
    connection = http.client.HTTPConnection(*server.server_address[:2], timeout=120)
    for text in ("Paris", "France"):
        connection.request("POST", "/api/analyze", json.dumps({"text": text}))
        answer = json.loads(connection.getresponse().read())
        assert [ent["text"] for ent in answer["ents"]] == [text]
    connection.close()


def test_requests_at_the_same_time(server):
    texts = [f"{'Paris in ' * n}France" for n in range(1, 13)] * 3

    def analyze(text):
        answer = ask(server, "/api/analyze", {"text": text})
        # Ids of drawings are random.
        return [answer[name] for name in ("ents", "relations", "tokens")]

    want = [analyze(text) for text in texts]
    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(analyze, texts)) == want


def test_clients_that_leave(server, capsys):
    for n in range(3):
        with socket.create_connection(server.server_address[:2], timeout=120) as connection:
            head = b"POST /api/analyze HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n"
            connection.sendall(head[: len(head) - n])
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert ask(server, "/api/info")["name"] == "xx_pipeline"
    time.sleep(0.2)
    assert "Traceback" not in capsys.readouterr().err


def test_address_that_is_taken(server):
    with pytest.raises(ValueError, match="M620.*--port"):
        Server(server.analyzer, *server.server_address[:2])
    with pytest.raises(ValueError, match="M620"):
        Server(server.analyzer, "256.0.0.1", 0)


def test_url_of_ipv6():
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    try:
        server = Server(Analyzer(spacy.blank("xx")), "::1", 0)
    except ValueError:
        pytest.skip("no IPv6 here")
    with server:
        assert server.url == f"http://[::1]:{server.server_port}"
