"""A Flask app with sessions, uploads, streams, files, messages, a blueprint and errors."""

import hashlib
import os
import time
from wsgiref.validate import validator

from flask import Blueprint, Flask, Response, flash, get_flashed_messages, redirect, render_template
from flask import request, send_file, session, stream_with_context, url_for

app = Flask(__name__)
app.secret_key = "known to the tests only"
shop = Blueprint("shop", __name__, url_prefix="/shop")


@app.get("/")
def home():
    return render_template("home.html", name=session.get("name", "nobody"))


@app.post("/login")
def login():
    session["name"] = request.form["name"]
    flash("Welcome, " + request.form["name"])
    return redirect(url_for("home"))


@app.post("/logout")
def logout():
    session.clear()
    return redirect(url_for("home", _external=True))


@app.post("/upload")
def upload():
    file = request.files["file"]
    digest = hashlib.sha256()
    for piece in iter(lambda: file.stream.read(65536), b""):
        digest.update(piece)
    return {"name": file.filename, "caption": request.form["caption"], "digest": digest.hexdigest()}


@app.get("/stream")
def stream():
    gate = request.args["gate"]

    def pieces():
        yield "first\n"
        while not os.path.exists(gate):
            time.sleep(0.005)
        yield "last of %s\n" % request.path

    return Response(stream_with_context(pieces()), mimetype="text/plain")


@app.get("/file/<name>")
def file(name):
    return send_file(os.path.join(app.root_path, name), as_attachment=True)


@app.get("/wrong")
def wrong():
    return {"share": 1 / len(get_flashed_messages())}


@app.get("/refused")
def refused():
    return "not today", 403


@shop.get("/<int:number>/<word>")
def item(number, word):
    return {"here": request.path, "root": request.script_root, "number": number, "word": word, "home": url_for("home")}


app.register_blueprint(shop)
validated = validator(app)


def checked(environ, start_response):
    # Werkzeug reads such a form by `read()`; PEP 3333 says `read(size)`, and the validator insists.
    if environ.get("CONTENT_TYPE") == "application/x-www-form-urlencoded":
        return app(environ, start_response)
    return validated(environ, start_response)
