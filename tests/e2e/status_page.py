"""The browser's side of status_page.sh: DevTools protocol. usage: status_page.py PORT URL DIRECTORY"""

import base64
import json
import sys
import time
import urllib.request

import websocket

port, url, directory = sys.argv[1:]
page = None
end = time.monotonic() + 60
while not page:  # the port is written before the first page is there
    assert time.monotonic() < end, "the browser has no page"
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as pages:
        page = next((p for p in json.load(pages) if p["type"] == "page"), None)
link = websocket.create_connection(page["webSocketDebuggerUrl"], timeout=30)
errors = []
requests = set()
count = 0
strict = True  # while the node is away, failed requests are no fault of the page


def note(event):
    method, found = event.get("method"), event.get("params", {})
    if method == "Network.requestWillBeSent":
        requests.add(found["request"]["url"])
    elif method == "Runtime.exceptionThrown":
        errors.append(found["exceptionDetails"])
    elif strict and method == "Log.entryAdded" and found["entry"]["level"] == "error":
        errors.append(found["entry"]["text"])


def call(method, **params):
    global count
    count += 1
    link.send(json.dumps({"id": count, "method": method, "params": params}))
    while True:
        answer = json.loads(link.recv())
        if answer.get("id") == count:
            assert "error" not in answer, answer
            return answer["result"]
        note(answer)


def value(script):
    return call("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")


def wait_for(script, seconds=30):
    end = time.monotonic() + seconds
    while not value(script):
        assert time.monotonic() < end, f"in vain: {script}: {value('document.body.innerText')}"
        time.sleep(0.1)


def picture(name, scheme, width):
    call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    shot = call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
    with open(f"{directory}/{name}.png", "wb") as out:
        out.write(base64.b64decode(shot))
    assert value("document.documentElement.scrollWidth <= innerWidth"), f"wider than {width} pixels"


def live():
    wait_for("by('state').textContent === 'ready'", 60)
    wait_for("document.querySelectorAll('polyline[points]').length === 6")
    wait_for("document.querySelectorAll('tbody tr').length > 10")


for domain in ("Page", "Runtime", "Network", "Log", "Accessibility"):
    call(f"{domain}.enable")
call("Page.navigate", url=url)
live()
before = value("last.at")
wait_for(f"last.at > {before}")
picture("light", "light", 1200)
picture("dark", "dark", 360)
names = [n.get("name", {}).get("value", "") for n in call("Accessibility.getFullAXTree")["nodes"]]
for name in ("What holds it up", "Actors", "Channels", "Last crashes"):
    assert name in names, name
assert any(n.startswith("operations/s: now ") for n in names), "a chart without a text"
print("live", flush=True)
wait_for("by('state').textContent === 'not ready' && by('trouble').textContent.includes('database')", 40)
print("away", flush=True)
wait_for("by('state').textContent === 'ready'", 40)
print("back", flush=True)
strict = False
wait_for("by('state').textContent.startsWith('connection lost since')", 60)
print("lost", flush=True)
live()
wait_for("[...document.querySelectorAll('summary')].some(s => s.textContent.startsWith('shards: 64'))")
call("Page.reload")  # a list that was open stays open
live()
# By the keyboard: into the list of shards, and to the heads of its columns.
assert value("(() => { const s = [...document.querySelectorAll('summary')].find(s => s.textContent.startsWith('shards'));"
             " s.focus(); return document.activeElement === s && !s.parentElement.open; })()"), "64 shards are not folded"
for key, code in (("Enter", 13), ("Tab", 9), ("Tab", 9), ("Enter", 13)):
    text = {"text": "\r"} if key == "Enter" else {}
    call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, **text)
    call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)
wait_for("document.activeElement.textContent === 'actor' &&"
         " document.activeElement.parentElement.getAttribute('aria-sort') === 'ascending'")
picture("shards", "dark", 1200)
picture("shards-light", "light", 1200)
assert not errors, errors
assert all(r.startswith((url, "data:")) for r in requests), requests
