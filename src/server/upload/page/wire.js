// Requests: one XMLHttpRequest each, which alone tells how much has been sent, and ends when nothing
// moves for too long. Nothing but the page itself cancels: a browser's own abort is a lost connection.
const STALL = 20000
// After sleep or a change of network, a connection has that long to show that it lives.
const DOUBT = 3000

const wire = {
  // Where the server is; another after it has moved.
  origin: location.origin,
  // Answers until now, by which a network that is down is told from a file that is not taken.
  heard: 0,
  under: new Set(),
}

// Resolves with the answer, whatever it says. `run` can end it: see `runs` in queue.js.
const ask = (run, method, path, more) => new Promise((resolve, reject) => {
  const { headers, body, patience, progress } = Object.assign({ headers: {}, body: null, patience: STALL, progress: null }, more)
  const xhr = new XMLHttpRequest()
  let clock = 0
  let until = 0
  const request = {}
  const end = (act, value) => {
    clearTimeout(clock)
    wire.under.delete(request)
    if (run.request === request) run.request = null
    act(value)
  }
  const lost = () => end(reject, trouble('lost', say('again')))
  const wait = ms => {
    clearTimeout(clock)
    until = Date.now() + ms
    clock = setTimeout(() => { lost(); xhr.abort() }, ms)
  }
  request.abort = () => { end(reject, trouble('over')); xhr.abort() }
  request.doubt = () => { if (patience <= STALL && until > Date.now() + DOUBT) wait(DOUBT) }
  if (run.over) return reject(trouble('over'))
  run.request = request
  wire.under.add(request)

  if (progress) {
    xhr.upload.addEventListener('progress', event => { if (wire.under.has(request)) { wait(patience); progress(event.loaded) } })
    // All is sent; a large file may still be on its way to the disk.
    xhr.upload.addEventListener('load', () => { if (wire.under.has(request)) wait(patience + Math.min(60000, body.size / 20000)) })
  }
  xhr.addEventListener('load', () => {
    wire.heard++
    let json = null
    try { json = JSON.parse(xhr.responseText) } catch (_) { /* an empty answer, or a proxy's page */ }
    end(resolve, { status: xhr.status, json: json || {}, head: name => xhr.getResponseHeader(name) || '' })
  })
  for (const name of ['error', 'abort', 'timeout']) xhr.addEventListener(name, lost)
  xhr.open(method, wire.origin + path)
  xhr.withCredentials = wire.origin !== location.origin
  for (const name of Object.keys(headers)) xhr.setRequestHeader(name, headers[name])
  xhr.setRequestHeader('Accept', 'application/json')
  wait(patience)
  xhr.send(body)
})

// Of an answer that was cut off, browsers give what has come, even half a head.
const cutShort = () => trouble('lost', say('again'))

// What an answer means that is neither a success nor part of a protocol.
const refusal = answer => {
  const { status, json } = answer
  const detail = json.detail || ''
  // HEAD has no words.
  if (status === 403 && (!json.title || json.title === 'no key')) return trouble('key')
  // Only a part of the request came through.
  if (status === 400 && (json.title === 'incomplete' || json.title === 'stalled')) return cutShort()
  if (status === 408 || status === 429 || (status >= 500 && status !== 507)) {
    return trouble('again', detail || say('later'), { wait: 1000 * Number(answer.head('Retry-After')) || 0 })
  }
  return trouble('refused', detail || say('odd', status), { taken: json.title === 'exists' })
}
