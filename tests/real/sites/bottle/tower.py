"""A bottle app: routes, templates, cookies, uploads, files, streams, errors."""

from wsgiref.validate import validator

import bottle

app = bottle.Bottle()


@app.get("/hello/<name>")
def hello(name):
    return bottle.template("<p>Hello {{name}} from {{root}}</p>", name=name, root=bottle.request.script_name)


@app.get("/visit")
def visit():
    visits = int(bottle.request.get_cookie("visits", "0", secret="known to the tests only")) + 1
    bottle.response.set_cookie("visits", str(visits), secret="known to the tests only")
    bottle.response.set_cookie("other", "one")
    return {"visits": visits}


@app.post("/upload")
def upload():
    file = bottle.request.files.get("file")
    return {"name": file.raw_filename, "size": len(file.file.read()), "note": bottle.request.forms.note}


@app.post("/json")
def json():
    return {"got": bottle.request.json}


@app.get("/file/<name>")
def file(name):
    return bottle.static_file(name, root=".", download="my " + name)


@app.get("/stream")
def stream():
    yield "one,"
    yield "zwei: grün,"
    yield "three"


@app.get("/wrong")
def wrong():
    raise KeyError("where is it")


@app.get("/refused")
def refused():
    bottle.abort(418, "short and stout")


checked = validator(app)
