#!/usr/bin/env python3
"""A form as it has been read for thirty years."""

import hashlib
import json
import os
import warnings

warnings.simplefilter("ignore")
import cgi

form = cgi.FieldStorage()
told = {"method": os.environ["REQUEST_METHOD"], "name": form.getfirst("name"), "all": form.getlist("word")}
if "file" in form:
    told["filename"] = form["file"].filename
    told["digest"] = hashlib.sha256(form["file"].file.read()).hexdigest()
print("Content-Type: application/json")
print()
print(json.dumps(told))
