"""Models behind an address: found on this machine, added, tested and removed."""

import argparse
import sys
from getpass import getpass

from core.codec import plain
from core.commands import Verbs
from core.commands.output import say, show
from core.errors import MissingModel
from core.lab import Lab
from core.settings import USUAL_REQUESTS, Endpoint
from core.types import FAMILIES


def add_verbs(verbs: Verbs) -> None:
    endpoints = verbs.add_parser("endpoints", help="models behind an address")
    endpoints.set_defaults(verb=list_endpoints)
    what = endpoints.add_subparsers(metavar="WHAT")

    add = what.add_parser("add", help="add one, or change it")
    add.add_argument("name", metavar="NAME", help="as it is called here")
    add.add_argument("address", metavar="ADDRESS", help="such as http://127.0.0.1:8000/v1")
    add.add_argument("model", metavar="MODEL", help="as its server calls it")
    add.add_argument("--family", choices=FAMILIES, default="generator", help="what it is for")
    add.add_argument("--requests", type=int, default=USUAL_REQUESTS, help="at once, 1 to 64")
    add.add_argument("--dollars-in", type=float, help="what a million tokens it reads cost")
    add.add_argument("--dollars-out", type=float, help="what a million tokens it writes cost")
    add.add_argument(
        "--key", action="store_true", help="read its key from stdin, or typed unseen on a terminal"
    )
    add.set_defaults(verb=add_endpoint)

    test = what.add_parser("test", help="ask it once")
    test.add_argument("name", metavar="NAME")
    test.set_defaults(verb=test_endpoint)

    remove = what.add_parser("remove", help="forget one that was added, and its key")
    remove.add_argument("name", metavar="NAME")
    remove.set_defaults(verb=remove_endpoint)

    look = what.add_parser("look", help="look for servers of models on this machine")
    look.set_defaults(verb=look_for_servers)


def list_endpoints(lab: Lab, _options: argparse.Namespace) -> int:
    for each in lab.endpoints.all():
        show(plain(each.endpoint) | {"added": each.added, "key": each.key})
    return 0


def add_endpoint(lab: Lab, options: argparse.Namespace) -> int:
    """The key is no argument: others on this machine may read those."""
    key = ""
    if options.key:
        key = getpass("Key: ") if sys.stdin.isatty() else sys.stdin.readline()
    endpoint = Endpoint(
        name=options.name,
        address=options.address,
        model=options.model,
        family=options.family,
        requests=options.requests,
        dollars_in=options.dollars_in,
        dollars_out=options.dollars_out,
    )
    lab.endpoints.add(endpoint, key)
    show({"name": options.name, "status": "added"})
    return 0


def test_endpoint(lab: Lab, options: argparse.Namespace) -> int:
    endpoint = lab.endpoints.find(options.name)
    job = lab.test(lab.models.find(endpoint.family, endpoint.name))
    job.join()
    if job.error or job.outcome is None:
        raise job.error or MissingModel("The test was stopped.")
    show({"name": endpoint.name, "sentence": job.outcome.sentence, "quote": job.outcome.quote})
    return 0


def remove_endpoint(lab: Lab, options: argparse.Namespace) -> int:
    lab.endpoints.remove(options.name)
    show({"name": options.name, "status": "removed"})
    return 0


def look_for_servers(lab: Lab, _options: argparse.Namespace) -> int:
    found = lab.endpoints.look()
    for server in found:
        show(plain(server))
    if not found:
        say(lab.endpoints.nobody)
    return 0
