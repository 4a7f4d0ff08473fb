"""What comes and goes on a page moves no field that somebody may be typing into."""

from streamlit.testing.v1 import AppTest

from core.lab import Lab
from core.types import View, to_link
from tests.pages.conftest import places, texts


def test_models_that_an_endpoint_lists_move_no_field_of_its_form(app: AppTest) -> None:
    app.run()
    app.switch_page("pages/settings.py").run()
    app.button(key="settings.endpoint.add").click().run()
    fields = [f"settings.endpoint.{name}" for name in ("address", "model", "name")]
    before = [places(app)[field] for field in fields]
    app.text_input(key=fields[0]).set_value("http://127.0.0.1:9/v1").run()
    app.button(key="settings.endpoint.list").click().run()
    assert "cannot be reached" in texts(app)
    assert [places(app)[field] for field in fields] == before


def test_the_report_of_an_import_moves_no_field_for_a_name(app: AppTest) -> None:
    app.run()
    app.switch_page("pages/cards.py").run()
    app.button(key="cards.samples").click().run()
    before = places(app)["cards.name"]
    app.button(key="cards.report.dismiss").click().run()
    assert places(app)["cards.name"] == before


def test_what_a_sweep_was_moves_no_field_for_a_name(app: AppTest) -> None:
    app.run()
    app.switch_page("pages/runs.py").run()
    app.segmented_control(key="runs.section").set_value("Grade").run()
    before = places(app)["runs.grader.name"]
    app.button(key="runs.all").click().run()
    assert app.query_params["view"] != to_link(View())
    assert places(app)["runs.grader.name"] == before


def test_a_removal_moves_no_search(app: AppTest, lab: Lab) -> None:
    app.run()
    app.switch_page("pages/library.py").run()
    before = places(app)["library.papers.text"]
    (first, *_) = lab.papers.all()
    app.query_params["paper"] = first.id
    app.run()
    app.button(key=f"library.remove.{first.id}").click().run()
    assert "Removed" in texts(app)
    assert places(app)["library.papers.text"] == before
