"""Models behind an address on screen: found on this machine, added, tested, changed and removed."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import streamlit as st

from core import labels
from core.errors import TriptychError
from core.lab import Lab, LocalServer, ServedModel, ShownEndpoint, job_of
from core.settings import MOST_REQUESTS, USUAL_REQUESTS, Endpoint
from core.types import Family, Model
from pages.ui.shared import frame, jobs

FOR: dict[Family, str] = {
    "generator": "answers",
    "embedder": "embeddings",
    "reranker": "reranking",
}
FIELD = "settings.endpoint"  # the form's widgets begin with it
OPEN, LISTED, FOUND = f"{FIELD}.open", f"{FIELD}.listed", "settings.servers"
ROWS_IN_SIGHT, ROW_PIXELS = 6, 62
HERE = ("127.0.0.1", "localhost", "::1")


def draw(lab: Lab) -> None:
    """The list, what was found on this machine, and the form of one that is added or changed."""
    st.caption(
        "A server that speaks OpenAI's API, such as Ollama, LM Studio, llama.cpp or vLLM, can write"
        " the answers, and embed or rerank. Questions and passages go to these addresses and to no"
        " others."
    )
    every = lab.endpoints.all()
    models = {model.name: model for model in lab.models.all() if model.source == "endpoint"}
    with st.container():  # always there: the form below must not move while it is filled in
        for fault in lab.endpoints.faults():
            st.caption(f":red[:material/error: {labels.escaped(fault)}]")
        for number, shown in enumerate(every):
            _row(lab, shown, models.get(shown.endpoint.name), number)
    with st.container(horizontal=True, key="endpoints-do"):
        if st.button("Look for local servers", icon=":material/search:", key="settings.look"):
            with st.spinner("Asking this machine …"):
                st.session_state[FOUND] = lab.endpoints.look()
        st.button(
            "Add an endpoint",
            icon=":material/add:",
            key="settings.endpoint.add",
            on_click=_open,
            args=(None,),
        )
    if st.session_state.get(OPEN) is not None:
        _form(lab)
    if FOUND in st.session_state:
        _found(lab, st.session_state[FOUND], [each.endpoint for each in every])


def _row(lab: Lab, shown: ShownEndpoint, model: Model | None, number: int) -> None:
    endpoint = shown.endpoint
    with st.container(key=f"row-endpoint-{number}", gap=None):
        with st.container(horizontal=True, vertical_alignment="center", key=f"endpoint-{number}"):
            with st.container(gap=None, key=f"endpoint-said-{number}"):
                key = labels.escaped(shown.key)
                st.markdown(f"**{labels.escaped(endpoint.name)}** :small[:gray[{key}]]")
                # no link: it is no page to visit
                st.text(f"{endpoint.model} at {endpoint.address}")
                st.caption(labels.escaped(about(shown)))
            busy = model is not None and jobs.busy(lab, job_of(model))
            if model and not busy:
                _trials(lab, model)
            if shown.added:
                st.button(
                    "Change",
                    key=f"settings.{endpoint.name}.change",
                    type="tertiary",
                    on_click=_open,
                    args=(endpoint,),
                )
                _removal(lab, endpoint)
        if _in_the_open(shown):
            st.caption(
                ":material/lock_open: Its key goes over the network as it is, for anybody there to"
                " read: use https, or a tunnel."
            )
        if model:
            jobs.line(lab, job_of(model))


def _trials(lab: Lab, model: Model) -> None:
    """A button that asks it once, and one that asks it more and more at once."""
    if st.button("Test", key=f"settings.{model.name}.test"):
        jobs.begin(lambda: lab.test(model))
    if model.family == "generator" and st.button(
        "",
        icon=":material/speed:",
        type="tertiary",
        key=f"settings.{model.name}.requests",
        help="Find how many requests at once suit it: it is asked 1, 2, 4 … up to 64 at once, and"
        " what is worth it is kept.",
    ):
        jobs.begin(lambda: lab.find_requests(model))


def about(shown: ShownEndpoint) -> str:
    """What it is for, how much it is asked at once, what it costs, and who named it."""
    endpoint = shown.endpoint
    parts = [FOR[endpoint.family]]
    parts.append(f"{labels.counted(endpoint.requests, 'request')} at once")
    if price := labels.price(endpoint):
        parts.append(price)
    if not shown.added:
        parts.append("named by TRIPTYCH_ENDPOINTS")
    return " · ".join(parts)


def _in_the_open(shown: ShownEndpoint) -> bool:
    parts = urlsplit(shown.endpoint.address)
    return shown.has_key and parts.scheme == "http" and parts.hostname not in HERE


def _removal(lab: Lab, endpoint: Endpoint) -> None:
    key = f"settings.{endpoint.name}"
    with st.popover("", icon=":material/delete:", type="tertiary", key=f"{key}.away.{jobs.turn()}"):
        st.write("What it answered stays. Its entry and its key go.")
        if st.button("Remove the endpoint", key=f"{key}.remove"):
            try:
                lab.endpoints.remove(endpoint.name)
            except TriptychError as error:
                frame.show(error)
            else:
                jobs.next_turn()
                st.rerun()


def _found(lab: Lab, servers: Sequence[LocalServer], known: Sequence[Endpoint]) -> None:
    """What answers on this machine, each model with the way to it."""
    with st.container(key="endpoints-found", gap="small"):
        if not servers:
            st.caption(labels.escaped(lab.endpoints.nobody))
        for server in servers:
            port = urlsplit(server.address).port
            with st.container(horizontal=True, vertical_alignment="center", key=f"server-{port}"):
                st.markdown(f"**{labels.escaped(server.name)}**", width="content")
                st.text(f"at {server.address}", width="content")
                if server.fault:
                    said = labels.escaped(server.fault)
                    st.caption(f"It answers, but {said}.", width="content")
                    st.button(
                        "Add by hand",
                        key=f"settings.served.{port}",
                        type="tertiary",
                        on_click=_open,
                        args=(Endpoint(name="", address=server.address, model=""), False),
                    )
            rows = len(server.models)
            height = ROWS_IN_SIGHT * ROW_PIXELS if rows > ROWS_IN_SIGHT else "content"
            with st.container(height=height, border=False, gap=None):
                for number, model in enumerate(server.models):
                    _served(lab, server, model, number, known)


def _served(
    lab: Lab, server: LocalServer, model: ServedModel, number: int, known: Sequence[Endpoint]
) -> None:
    port = urlsplit(server.address).port
    with st.container(
        key=f"row-served-{port}-{number}", horizontal=True, vertical_alignment="center", wrap=False
    ):
        with st.container(gap=None):
            st.markdown(labels.escaped(model.name))
            said = [FOR[model.family], *([model.about] if model.about else [])]
            st.caption(labels.escaped(" · ".join(said)))
        here = [
            each for each in known if (each.address, each.model) == (server.address, model.name)
        ]
        if here:
            st.caption(f"here as {labels.escaped(here[0].name)}", width="content")
        else:
            wanted = Endpoint(
                name=lab.endpoints.free_name(model.name),
                address=server.address,
                model=model.name,
                family=model.family,
            )
            key = f"settings.served.{port}.{number}"
            st.button("Add", key=key, on_click=_open, args=(wanted, False))


def _open(endpoint: Endpoint | None, change: bool = True) -> None:
    """Open the form: of an endpoint that is here, of one that was found, or an empty one."""
    st.session_state[OPEN] = endpoint.name if endpoint and change else ""
    st.session_state.pop(LISTED, None)
    filled = {
        "name": endpoint.name if endpoint else "",
        "address": endpoint.address if endpoint else "",
        "model": endpoint.model if endpoint else "",
        "family": endpoint.family if endpoint else "generator",
        "requests": endpoint.requests if endpoint else USUAL_REQUESTS,
        "dollars_in": endpoint.dollars_in if endpoint else None,
        "dollars_out": endpoint.dollars_out if endpoint else None,
    }
    for name, value in filled.items():
        st.session_state[f"{FIELD}.{name}"] = value
    st.session_state.pop(f"{FIELD}.key", None)


def _close() -> None:
    """The form and what was typed into it go, the key above all."""
    for name in [name for name in st.session_state if str(name).startswith(f"{FIELD}.")]:
        del st.session_state[name]


def _form(lab: Lab) -> None:
    changed = st.session_state[OPEN]
    with st.container(border=True, key="endpoint-form"):
        heading = f"Change {labels.escaped(changed)}" if changed else "A new endpoint"
        st.markdown(f"**{heading}**")
        left, right = st.columns(2)
        address = left.text_input(
            "Address", key=f"{FIELD}.address", placeholder="http://127.0.0.1:8000/v1"
        )
        key = right.text_input(
            "Key, only where the server wants one",
            key=f"{FIELD}.key",
            type="password",
            autocomplete="off",
            help="Kept in a file of its own in the data folder that only its owner can read; never"
            " shown, logged, exported or backed up. Left empty, the one that was typed for this"
            " address before stays.",
        )
        with st.container():  # models that are listed move none of the fields below
            _listing(lab, address or "", key or "")
        left, right = st.columns(2)
        model = left.text_input("Model, as its server calls it", key=f"{FIELD}.model")
        name = right.text_input("Name here", key=f"{FIELD}.name", disabled=bool(changed))
        family = st.segmented_control(
            "What it is for",
            list(FOR),
            format_func=lambda each: FOR[each],
            required=True,
            key=f"{FIELD}.family",
        )
        requests, reads, writes = st.columns(3)
        at_once = requests.number_input(
            "Requests at once",
            1,
            MOST_REQUESTS,
            key=f"{FIELD}.requests",
            help="Try what your server bears: more are faster until it is full, then they wait"
            " there instead of here.",
        )
        dollars_in = _price(reads, "in", "Dollars a million tokens in")
        dollars_out = None
        if family == "generator":
            dollars_out = _price(writes, "out", "Dollars a million tokens out")
        with st.container(horizontal=True):
            if st.button("Keep", type="primary", key=f"{FIELD}.keep"):
                endpoint = Endpoint(
                    name=(name or "").strip(),
                    address=(address or "").strip(),
                    model=model or "",
                    family=family or "generator",
                    requests=at_once,
                    dollars_in=dollars_in,
                    dollars_out=dollars_out,
                )
                try:
                    lab.endpoints.add(endpoint, key or "")
                except TriptychError as error:
                    frame.show(error)
                else:
                    _close()
                    st.rerun()
            st.button("Cancel", type="tertiary", key=f"{FIELD}.cancel", on_click=_close)


def _price(where: st.delta_generator.DeltaGenerator, name: str, label: str) -> float | None:
    price: float | None = where.number_input(
        label,
        0.0,
        value=None,
        format="%.4g",
        key=f"{FIELD}.dollars_{name}",
        placeholder="not known",
        help="As its provider says it. Plans, Runs and the memo then show money.",
    )
    return price


def _listing(lab: Lab, address: str, key: str) -> None:
    """The models that the server at the typed address lists, to be chosen from."""
    if st.button(
        "List its models", key=f"{FIELD}.list", icon=":material/list:", disabled=not address
    ):
        try:
            with st.spinner("Asking it …"):
                st.session_state[LISTED] = lab.endpoints.served(address.strip(), key)
        except TriptychError as error:
            st.session_state.pop(LISTED, None)
            frame.show(error)
    listed: Sequence[ServedModel] = st.session_state.get(LISTED, ())
    if listed:
        st.pills(
            "It lists",
            [each.name for each in listed],
            format_func=labels.escaped,
            key=f"{FIELD}.listed_name",
            on_change=_take,
            args=(lab,),
        )


def _take(lab: Lab) -> None:
    chosen = st.session_state[f"{FIELD}.listed_name"]
    if chosen is None:
        return
    st.session_state[f"{FIELD}.model"] = chosen
    if not st.session_state[OPEN] and not st.session_state[f"{FIELD}.name"]:
        st.session_state[f"{FIELD}.name"] = lab.endpoints.free_name(chosen)
