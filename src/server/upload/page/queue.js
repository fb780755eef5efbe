// The list of files and what becomes of each: at most two on their way, patient with networks, stopped
// by nobody but the person.
//
// | state | means |
// |---|---|
// | waits | its turn comes |
// | checks, sends | on its way |
// | pauses | something went wrong that passes; it goes on by itself |
// | held | paused by the person |
// | good, bad, stopped | ended: arrived, failed, cancelled |
const AT_ONCE = 2

const items = []
const all = { meter: meter(), sent: 0 }
// No file is sent before the PIN has been typed.
let locked = false

const over = item => item.state === 'good' || item.state === 'bad' || item.state === 'stopped'
const runs = item => item.state === 'checks' || item.state === 'sends'
// Whether leaving the page would lose something.
const busy = () => items.some(item => item.state !== 'good' && item.state !== 'stopped')

const add = (file, path) => {
  const item = {
    file, path: path || file.name || 'unnamed', state: 'waits', note: '',
    // What is known of its content, and the one before it with the same.
    mark: '', twin: null, checked: 0, arrived: '', other: '',
    // Its upload, how far the server is, whether that is sure, and whether it was found rather than made.
    resource: '', offset: 0, sure: false, found: false,
    sent: 0, tries: 0, heard: 0, holds: false, timer: 0, run: null, meter: meter(),
  }
  items.push(item)
  row(item)
  if (most && file.size > most) ends(item, 'bad', say('large', size(most)))
}

const take = files => {
  for (const { file, path } of files) add(file, path)
  next()
}

// Another with the same mark, if it has arrived or is before this one.
const twinOf = item => {
  const same = items.filter(other => other !== item && other.mark === item.mark && other.file.size === item.file.size)
  return same.find(other => other.state === 'good')
    || same.find(other => !over(other) && other.state !== 'held' && other.twin !== item)
}

const next = () => {
  let free = AT_ONCE - items.filter(item => runs(item) || (item.state === 'pauses' && item.holds)).length
  for (const item of items) {
    if (free <= 0 || locked) break
    if (item.state !== 'waits' || (item.twin && !over(item.twin) && item.twin.state !== 'held')) continue
    start(item)
    free--
  }
  stayAwake()
  redraw()
}

const start = item => {
  const run = { over: false, request: null }
  Object.assign(item, { state: 'checks', run, twin: null, checked: 0 })
  attempt(item, run).catch(error => { if (!run.over) failed(item, error) }).then(() => { if (!run.over) { item.run = null; next() } })
}

// Ends what is under way for it.
const halt = item => {
  const { run } = item
  clearTimeout(item.timer)
  item.run = null
  if (!run) return
  run.over = true
  if (run.request) run.request.abort()
}

const failed = (item, error) => {
  const { kind, note } = error
  if (kind === 'twin') item.state = 'waits'
  else if (kind === 'key') {
    item.state = 'waits'
    lock()
  } else if (kind === 'lost' || kind === 'again') later(item, kind, note, error.wait || 0)
  else if (error.taken) {
    item.other = numbered(item.path)
    ends(item, 'bad', say('taken', item.path))
  } else ends(item, 'bad', note || String(error && error.message || error))
}

const later = (item, kind, note, wait) => {
  if (!item.tries) item.heard = wire.heard
  item.tries++
  // Where others are answered it is not the network: they may go first.
  const holds = kind === 'lost' && wire.heard === item.heard
  Object.assign(item, { state: 'pauses', note, holds })
  if (kind === 'lost') announce(say('again'))
  item.timer = setTimeout(() => goOn(item), Math.max(wait, pause(item.tries, Math.random())))
}

const goOn = item => {
  clearTimeout(item.timer)
  item.state = 'waits'
  next()
}

// It has begun to move, from `offset`.
const sends = (item, offset) => {
  Object.assign(item, { state: 'sends', note: '', sent: offset })
  item.meter.reset()
  item.meter.mark(offset, Date.now())
  redraw()
}

const moved = (item, start, bytes) => {
  const sent = Math.min(item.file.size, start + bytes)
  all.sent += Math.max(0, sent - item.sent)
  item.sent = sent
  const now = Date.now()
  item.meter.mark(sent, now)
  all.meter.mark(all.sent, now)
  redraw()
}

const arrived = (item, name, there) => {
  item.arrived = name
  item.sent = item.file.size
  const same = name === item.path
  ends(item, 'good', there ? (same ? say('there') : say('thereAs', name)) : same ? say('done') : say('named', name))
}

const ends = (item, state, note) => {
  clearTimeout(item.timer)
  Object.assign(item, { state, note, tries: 0 })
  if (state === 'bad') announce(say('failure', item.path, note))
  if (items.every(over) && items.some(item => item.state === 'good')) announce(sum())
  redraw()
}

// What the person can do.
const hold = item => { halt(item); item.state = 'held'; next() }
const retry = item => {
  // The name was taken, and names are not reused here.
  if (item.other) Object.assign(item, { path: item.other, other: '', resource: '' })
  Object.assign(item, { state: 'waits', note: '', tries: 0, sure: false })
  next()
}
const cancel = item => {
  halt(item)
  const { resource } = item
  Object.assign(item, { resource: '', sure: false })
  ends(item, 'stopped', say('stopped'))
  if (resource) forget(resource, 1)
  next()
}
const drop = item => {
  items.splice(items.indexOf(item), 1)
  item.row.remove()
  redraw()
  leave()
}

// What was begun is not wanted any more; if that cannot be said, it expires.
const forget = (resource, tries) => {
  ask({ over: false, request: null }, 'DELETE', resource).catch(() => {
    if (tries < 5) setTimeout(() => forget(resource, tries + 1), pause(tries, Math.random()))
  })
}

const pausable = item => !over(item) && item.state !== 'held'
const holdAll = () => items.filter(pausable).forEach(hold)
const resumeAll = () => items.filter(item => item.state === 'held').forEach(retry)
const retryAll = () => items.filter(item => item.state === 'bad').forEach(retry)
const clear = () => items.filter(item => item.state === 'good' || item.state === 'stopped').forEach(drop)

// Back on the network or on the screen: what pauses goes on at once, and what runs shows that it lives.
const hurry = () => {
  if (document.visibilityState === 'hidden') return
  wire.under.forEach(request => request.doubt())
  items.filter(item => item.state === 'pauses').forEach(goOn)
  stayAwake()
}
