// One attempt at one file, by "Resumable Uploads for HTTP" (draft-ietf-httpbis-resumable-upload): look
// whether it is here, create, append from where the server is. What goes wrong is thrown, and what
// then happens is the queue's to say.

// Up to here one plain request is cheaper, and is sent again whole.
const SMALL = 256 << 10

const form = document.querySelector('#send')
const base = new URL(form.action).pathname.replace(/\/+$/, '')
const most = Number(form.dataset.max) || 0

const target = item => base + '/' + item.path.split('/').map(encodeURIComponent).join('/')

// What is said of a file when it is created.
const about = item => {
  const headers = { 'Stan-Mark': item.mark }
  if (item.file.lastModified > 0) headers['X-Last-Modified'] = String(Math.floor(item.file.lastModified))
  return headers
}

const attempt = async (item, run) => {
  const { file } = item
  await readable(file)
  if (!item.mark) item.mark = await markOf(file)
  if (run.over) throw trouble('over')
  if (!item.resource) {
    if (file.size > 0 && await known(item, run)) return
    if (!item.resource && file.size <= SMALL) return whole(item, run)
    if (!item.resource) await create(item, run)
  } else if (!item.sure) {
    if (await offset(item, run)) return
  }
  await append(item, run)
}

// Looks for the same content; true where nothing has to be sent.
const known = async (item, run) => {
  const { file, mark } = item
  const twin = twinOf(item)
  if (twin && twin.state !== 'good') {
    item.twin = twin
    throw trouble('twin')
  }
  item.state = 'checks'
  item.checked = 0
  redraw()
  const step = bytes => {
    if (run.over) throw trouble('over')
    item.checked = bytes
    redraw()
  }
  if (twin && await identical(file, twin.file, step)) {
    arrived(item, twin.arrived, true)
    return true
  }
  const question = base + '/.known?size=' + file.size + '&mark=' + mark
  const first = await ask(run, 'GET', question)
  if (first.status !== 200) {
    if (first.status === 404 || first.status === 400) return false
    throw refusal(first)
  }
  if (!('part' in first.json)) throw cutShort()
  const { file: whole, part } = first.json
  const same = whole && (await alike(item, run, question, file.size, step)).files[0]
  if (same) {
    arrived(item, same.name, true)
    return true
  }
  if (part) await goOnWith(item, run, question, part.url, step)
  return false
}

// The candidates that have the same first bytes.
const alike = async (item, run, question, bytes, step) => {
  const digest = await digestOf(item.file, bytes, step)
  // A slow disk on the other side takes its time to read as much.
  const answer = await ask(run, 'GET', question + '&bytes=' + bytes, { patience: STALL + 10000 + bytes / 20000 })
  if (answer.status !== 200) throw refusal(answer)
  if (!('part' in answer.json)) throw cutShort()
  const same = found => !!found && found.sha256 === digest
  const { files, part } = answer.json
  return { files: files.filter(same), part: same(part) ? part : null }
}

// Goes on with an upload that was begun with the same content, if it is nobody else's here.
const goOnWith = async (item, run, question, url, step) => {
  if (items.some(other => other !== item && other.resource === url && !over(other))) return
  const answer = await ask(run, 'HEAD', url)
  const text = answer.head('Upload-Offset')
  const offset = Number(text)
  if (answer.status >= 300 || !text || offset > item.file.size) return
  // It has just become a file.
  if (answer.head('Upload-Complete') === '?1') throw trouble('again', say('later'))
  const part = offset > 0 ? (await alike(item, run, question, offset, step)).part : { url }
  if (!part || part.url !== url) return
  Object.assign(item, { resource: url, offset, sure: true, found: true })
}

const whole = async (item, run) => {
  sends(item, 0)
  const headers = Object.assign(about(item), { 'Content-Type': 'application/octet-stream' })
  finished(item, await ask(run, 'POST', target(item), { headers, body: item.file, progress: bytes => moved(item, 0, bytes) }))
}

const create = async (item, run) => {
  sends(item, 0)
  const headers = Object.assign(about(item), { 'Upload-Complete': '?0', 'Upload-Length': String(item.file.size) })
  const answer = await ask(run, 'POST', target(item), { headers })
  const place = answer.head('Location')
  if (answer.status >= 300) throw refusal(answer)
  if (!place) throw cutShort()
  const url = new URL(place, wire.origin)
  Object.assign(item, { resource: url.pathname + url.search, offset: 0, sure: true, found: false })
}

// Asks how far the server is; true where it has all.
const offset = async (item, run) => {
  const answer = await ask(run, 'HEAD', item.resource)
  if (answer.status === 403) {
    // Why is not said to HEAD.
    const why = await ask(run, 'GET', base + '/.text')
    throw why.status === 403 ? refusal(why) : trouble('again', say('later'))
  }
  if (answer.status >= 300) throw lostResource(item, answer)
  if (answer.head('Upload-Complete') === '?1') {
    const name = decodeURIComponent(new URL(answer.head('Location') || item.path, wire.origin + base + '/').pathname)
    arrived(item, name.indexOf(base + '/') === 0 ? name.slice(base.length + 1) : item.path, false)
    return true
  }
  if (!answer.head('Upload-Offset')) throw cutShort()
  place(item, answer.head('Upload-Offset'))
  return false
}

// Goes on where the server is.
const place = (item, text) => {
  const offset = /^\d+$/.test(text) ? Number(text) : -1
  if (offset < 0 || offset > item.file.size || (item.found && offset !== item.offset)) {
    // Somebody else has gone on with what was found here: it has to be looked at again.
    item.resource = ''
    throw trouble('again', say('later'))
  }
  if (offset > item.offset) item.tries = 0
  Object.assign(item, { offset, sure: true })
}

const append = async (item, run) => {
  const { offset: start, found } = item
  sends(item, start)
  item.sure = false
  const headers = {
    'Content-Type': 'application/partial-upload', 'Upload-Offset': String(start), 'Upload-Complete': '?1',
  }
  const answer = await ask(run, 'PATCH', item.resource, {
    headers, body: item.file.slice(start), progress: bytes => { item.found = false; moved(item, start, bytes) },
  })
  const { status, json } = answer
  if (status === 409 && 'expected-offset' in json) {
    item.found = found
    place(item, String(json['expected-offset']))
    throw trouble('again', say('later'))
  }
  if (status === 409 && json.title === 'taken over') throw cutShort()
  if (status === 404 || status === 410) throw lostResource(item, answer)
  finished(item, answer)
}

// The upload is not there any more: forgotten, which is no reason to give up, or ended by somebody.
const lostResource = (item, answer) => {
  if (answer.status !== 404 && answer.status !== 410) return refusal(answer)
  item.resource = ''
  return answer.status === 410 ? trouble('refused', say('ended')) : trouble('again', say('later'))
}

const finished = (item, answer) => {
  if (answer.status >= 300) throw refusal(answer)
  const file = answer.json.files && answer.json.files[0]
  if (!file) throw cutShort()
  if (file.size !== item.file.size) throw trouble('refused', say('short'))
  arrived(item, file.name, file.duplicate)
}
