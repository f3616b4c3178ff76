"""Clicks through the page in a real browser without a screen.

Without a browser these tests are skipped, unless MLUKE_BROWSER=required, as in the CI.
"""

import os
import shutil
import threading

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from spacy_mluke.serve.analysis import Analyzer
from spacy_mluke.serve.server import Server
from tests.serve.pipelines import make_with_table

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
ALERT = "<script>document.title = 'bad'</script><img src=x onerror=\"document.title='bad'\">"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """A browser; where it may not be missing, that is an error."""
    options = webdriver.ChromeOptions()
    folder = tmp_path_factory.mktemp("browser")
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--window-size=1400,1000",
        f"--user-data-dir={folder}",
    ):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"download.default_directory": str(folder)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    binary = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which("chromedriver")
    try:
        if binary is None or driver is None:
            raise WebDriverException("install chromium and chromium-driver")
        options.binary_location = binary
        found = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    except WebDriverException as error:
        if os.environ.get("MLUKE_BROWSER") == "required":
            raise
        pytest.skip(f"no browser: {error.msg}")
    found.downloads = folder
    yield found
    found.quit()


@pytest.fixture(scope="module")
def server(tmp_path_factory, piece_model):
    nlp = make_with_table(tmp_path_factory.mktemp("table") / "checkpoint", piece_model)
    nlp.meta["languages"] = ["en", "ar", "sw"]
    with Server(Analyzer(nlp), "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


class Page:
    """What a person does with the page."""

    def __init__(self, browser, url):
        self.browser = browser
        browser.get(url)
        self.wait(lambda: len(self.all("#lang option")) > 1 or self.one("#error").is_displayed())

    def wait(self, condition):
        # What is looked at may be replaced at the same moment
        replaced = [StaleElementReferenceException]
        waiting = WebDriverWait(self.browser, 30, ignored_exceptions=replaced)
        return waiting.until(lambda _: condition())

    def one(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def texts(self, selector):
        return [found.text for found in self.all(selector)]

    def analyze(self, text, *, by_keys=False):
        box = self.one("#text")
        box.clear()
        box.send_keys(text)
        if by_keys:
            box.send_keys(Keys.CONTROL, Keys.ENTER)
        else:
            self.one("#analyze").click()
        self.wait(lambda: self.one("#analyze").is_enabled())

    def open(self, number):
        self.all("#marked .mark [role=button]")[number].click()


@pytest.fixture
def page(browser, server):
    page = Page(browser, server.url)
    yield page
    # Nothing was refused by the content policy, and no script has failed.
    errors = [entry for entry in browser.get_log("browser") if "api/" not in entry["message"]]
    assert errors == [] and browser.title == "xx_pipeline 0.0.0"


def test_entities_and_details(page):
    assert page.texts("#components li") == ["mluke", "entity_ruler", "test_links", "test_fails"]
    languages = [o.get_attribute("value") for o in Select(page.one("#lang")).options]
    assert languages == ["", "ar", "en", "sw"]
    page.analyze("😀 Paris is in France, Nowhere is not.")
    assert page.texts("#marked .mark [role=button]") == ["Paris", "France", "Nowhere"]
    assert page.texts("#marked .mark small:not(.id)") == ["LOC<i>"] * 3
    links = [a.get_attribute("href") for a in page.all("#marked a")]
    assert links == [f"https://www.wikidata.org/wiki/{key}" for key in ("Q90", "Q142")]
    assert "3 entities, 2 relations" in page.one("#status").text
    assert not page.one("#details").is_displayed()
    page.open(0)
    details = page.one("#details")
    assert details.is_displayed() and "stands for Paris Q90" in details.text
    assert "characters 2–7" in details.text
    candidates = page.texts("#details > table tbody tr")
    assert ["Q90", "0.75", "0.50"] == [w for w in candidates[0].split() if w in "Q90 0.75 0.50"]
    assert candidates[1].startswith("<u>x</u>")
    page.wait(lambda: page.all("#neighbours table"))
    assert page.one("#neighbours h3").text == "Neighbours of Paris (Q90)"
    assert len(page.all("#neighbours tbody tr")) == 7
    page.one("#neighbours .walk").click()  # on to the neighbours of a neighbour
    page.wait(lambda: "(Q90)" not in page.one("#neighbours h3").text)
    page.one("#details .close").click()
    assert not details.is_displayed()


def test_entity_without_a_link(page):
    page.analyze("Nowhere")
    assert page.all("#marked a") == []
    page.open(0)
    assert "stands for" not in page.one("#details").text
    assert page.one("#neighbours").text == ""


def test_relations(page):
    page.analyze("Paris is in France and France in Nowhere")
    rows = page.texts("#rows tr")
    assert len(rows) == 3 and rows[0].split()[:3] == ["Paris", "part<s>of", "France"]
    assert len(page.all("#arcs svg .displacy-arc")) == 3
    assert "part<s>of 0.50" in page.one("#arcs svg").text
    page.browser.execute_script("arguments[0].focus()", page.all("#rows tr")[0])
    assert page.texts("#marked .mark.end [role=button]") == ["Paris", "France"]
    page.analyze("Nothing here")
    assert not page.one("#relations").is_displayed() and page.all("#rows tr") == []


def test_keys_alone(page):
    """Ctrl+Enter analyses, Tab and Enter open an entity, Escape closes it."""
    page.analyze("France", by_keys=True)
    page.wait(lambda: page.texts("#marked .mark [role=button]") == ["France"])
    name = page.one("#marked .mark [role=button]")
    active = None
    for _ in range(12):
        page.browser.switch_to.active_element.send_keys(Keys.TAB)
        active = page.browser.switch_to.active_element
        if active == name:
            break
    assert active == name
    active.send_keys(Keys.ENTER)
    details = page.one("#details")
    assert details.is_displayed() and name.get_attribute("aria-expanded") == "true"
    active.send_keys(Keys.ESCAPE)
    assert not details.is_displayed() and name.get_attribute("aria-expanded") == "false"
    assert page.browser.switch_to.active_element == name


def test_markup_stays_text(page):
    text = f"<b>Troy</b> {ALERT} Paris & <i>France</i>"
    page.analyze(text)
    page.wait(lambda: page.one("#results").is_displayed())
    assert page.one("#marked .mark [role=button]").text == "<b>Troy</b>"
    shown = page.browser.execute_script("return arguments[0].textContent", page.one("#marked"))
    assert ALERT in shown
    for number in range(2):
        page.open(number)
    for inside in ("script", "img", "b:not(.titles b)", "i", "s", "u"):
        assert page.all(f"#results {inside}") == [], inside


def test_right_to_left(page):
    page.analyze("من باريس الى Nowhere")
    for selector in ("#text", "#marked", "#arcs figure"):
        assert page.one(selector).value_of_css_property("direction") == "rtl", selector
    first, second = page.all("#marked .mark")
    assert first.location["x"] > second.location["x"]
    page.analyze("Paris")
    assert page.one("#marked").value_of_css_property("direction") == "ltr"


def test_example(page):
    Select(page.one("#examples")).select_by_visible_text("Arabic")
    page.wait(lambda: page.one("#results").is_displayed())
    assert page.one("#lang").get_attribute("value") == "ar"
    assert page.one("#marked").text.startswith(page.one("#text").get_attribute("value")[:10])
    # The pipeline does not say that it knows this one.
    Select(page.one("#examples")).select_by_visible_text("Thai")
    page.wait(lambda: page.one("#lang").get_attribute("value") == "")


def test_errors_are_shown(page):
    page.analyze("Paris")
    page.analyze(f"fail {ALERT}")
    error = page.one("#error")
    assert error.is_displayed() and "[M633]" in error.text and "<em>no</em>" in error.text
    assert error.find_elements(By.CSS_SELECTOR, "*") == []
    assert not page.one("#results").is_displayed()
    page.browser.execute_script("document.getElementById('text').value = 'a '.repeat(550000)")
    page.one("#analyze").click()
    page.wait(lambda: "[M622]" in error.text)
    page.analyze("France")
    assert not error.is_displayed() and page.one("#results").is_displayed()


def test_server_that_does_not_answer(page):
    page.analyze("Paris")
    nothing = {"latency": 0, "download_throughput": 0, "upload_throughput": 0}
    page.browser.set_network_conditions(offline=True, **nothing)
    try:
        page.analyze("Paris")
        assert "does not answer" in page.one("#error").text
    finally:
        page.browser.delete_network_conditions()


def test_page_to_keep(page):
    page.analyze("Paris <b>Troy</b>")
    page.one("#save").click()
    file = page.browser.downloads / "entities.html"
    page.wait(file.exists)
    page.browser.get(file.as_uri())
    try:
        assert "Paris" in page.one("mark").text
        assert page.one("mark a").get_attribute("href") == "https://www.wikidata.org/wiki/Q90"
        assert page.all("mark b") == [] and len(page.all("svg .displacy-arc")) == 1
    finally:
        page.browser.back()
        page.wait(lambda: page.all("#components li"))
