"""A Pyramid app: routes, renderers, exceptions, a body, a signed session."""

from wsgiref.validate import validator

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPFound, HTTPNotFound
from pyramid.response import Response
from pyramid.session import SignedCookieSessionFactory


def home(request):
    return Response("Pyramid at " + request.application_url)


def hello(request):
    return {"hello": request.matchdict["name"], "url": request.route_url("hello", name="you"), "query": dict(request.GET)}


def count(request):
    request.session["count"] = request.session.get("count", 0) + 1
    return {"count": request.session["count"]}


def upload(request):
    field = request.POST["file"]
    return {"name": field.filename, "size": len(field.file.read()), "note": request.POST["note"]}


def away(request):
    raise HTTPFound(location=request.route_url("home"))


def none(request):
    raise HTTPNotFound("no such stone")


def create_app(checked):
    with Configurator() as config:
        config.set_session_factory(SignedCookieSessionFactory("known to the tests only"))
        for name, path, view, settings in [
            ("home", "/", home, {}),
            ("hello", "/hello/{name}", hello, {"renderer": "json"}),
            ("count", "/count", count, {"renderer": "json"}),
            ("upload", "/upload", upload, {"renderer": "json", "request_method": "POST"}),
            ("away", "/away", away, {}),
            ("none", "/none", none, {}),
        ]:
            config.add_route(name, path)
            config.add_view(view, route_name=name, **settings)
        app = config.make_wsgi_app()
    return validator(app) if checked else app
