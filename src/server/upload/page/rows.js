// What is seen of the list: a row each, the sum, and what is read aloud. Drawn at most four times a second.
const REDRAW = 250

const $ = selector => document.querySelector(selector)
const make = (tag, props, ...children) => {
  const element = Object.assign(document.createElement(tag), props)
  element.append(...children)
  return element
}
const text = (element, value) => { if (element.textContent !== value) element.textContent = value }
const attribute = (element, name, value) => { if (element.getAttribute(name) !== value) element.setAttribute(name, value) }

const SIGNS = { waits: '·', checks: '…', sends: '↑', pauses: '↻', held: 'Ⅱ', good: '✓', bad: '!', stopped: '–' }
// A row where nothing moves is a small one.
const isSmall = item => item.state === 'waits' || item.state === 'good'

const row = item => {
  item.sign = make('span', { className: 'sign' })
  item.sign.setAttribute('aria-hidden', 'true')
  item.words = make('p', { className: 'words' })
  item.bar = make('progress', { max: 100, value: 0 })
  item.first = make('button', { type: 'button', className: 'small' })
  item.second = make('button', { type: 'button', className: 'small' })
  item.first.addEventListener('click', () => over(item) || item.state === 'held' ? retry(item) : hold(item))
  item.second.addEventListener('click', () => {
    if (!over(item)) return cancel(item)
    const after = item.row.nextElementSibling || item.row.previousElementSibling
    drop(item)
    // The keyboard stays in the list.
    const to = after ? after.querySelector('button:not([hidden])') : $('#files')
    if (to) to.focus()
  })
  item.name = make('p', { className: 'name', textContent: item.path })
  item.row = make('li', {}, item.sign, make('div', { className: 'what' }, item.name, item.words), item.bar,
    make('div', { className: 'acts' }, item.first, item.second))
  $('#list').append(item.row)
}

const shown = item => {
  const { state, file } = item
  if (state === 'sends' && file.size > 0) return figures(item.sent, file.size, item.meter.speed(Date.now()))
  if (state === 'checks') return item.checked ? say('checks', percent(item.checked, file.size)) : say('looks')
  if (state === 'held') return say('held', percent(item.sent, file.size))
  if (state === 'waits' || state === 'sends') return locked ? say('locked') : say('waits')
  return state === 'good' ? item.note + ' · ' + size(file.size) : item.note
}

const drawRow = item => {
  const { state, file } = item
  const words = shown(item)
  const value = state === 'checks' ? percent(item.checked, file.size) : percent(item.sent, file.size)
  text(item.words, words)
  text(item.name, item.path)
  text(item.sign, SIGNS[state])
  if (item.row.dataset.state !== state) {
    item.row.dataset.state = state
    item.row.classList.toggle('low', isSmall(item))
    item.bar.hidden = over(item) || isSmall(item)
    item.first.hidden = isSmall(item)
    const acts = over(item) ? ['retry', 'remove'] : [state === 'held' ? 'resume' : 'pause', 'cancel']
    ;[item.first, item.second].forEach((button, n) => {
      const act = item.other && acts[n] === 'retry' ? say('sendAs', item.other) : say(acts[n])
      text(button, isSmall(item) ? '✕' : act)
      attribute(button, 'aria-label', act + ': ' + item.path)
    })
    attribute(item.bar, 'aria-label', item.path)
  }
  if (item.bar.value !== value) item.bar.value = value
  if (!item.bar.hidden) attribute(item.bar, 'aria-valuetext', words)
}

const tally = () => {
  const found = { sent: 0, total: 0, good: 0, bad: 0, held: 0, runs: 0 }
  for (const { state, sent, file } of items) {
    if (state === 'good') found.good++
    if (state === 'bad') found.bad++
    if (state === 'held') found.held++
    if (!over({ state }) && state !== 'held') found.runs++
    if (state !== 'bad' && state !== 'stopped') { found.sent += sent; found.total += file.size }
  }
  return found
}

const sum = () => {
  const { good, bad, runs, held } = tally()
  const whole = good > 0 && !runs && !held && !bad
  const parts = [say('count', good, good + bad + runs + held)]
  if (!(good + bad + runs + held)) return say('stopped')
  if (whole) parts.unshift(say('all'))
  if (bad) parts.push(say('failed', bad))
  return parts.join(' · ')
}

const drawAll = () => {
  const now = tally()
  const { sent, total } = now
  const goes = now.runs > 0
  if (!goes) all.meter.reset()
  const value = total > 0 ? percent(sent, total) : now.good ? 100 : 0
  const bar = $('#all progress')
  if (bar.value !== value) bar.value = value
  const moving = goes ? figures(sent, total, all.meter.speed(Date.now())) : ''
  text($('#sum'), sum())
  text($('#pace'), moving)
  attribute(bar, 'aria-label', say('total'))
  attribute(bar, 'aria-valuetext', moving || sum())
  $('#all').hidden = !items.length
  bar.hidden = !goes && !now.held
  $('#hold').hidden = !goes && !now.held
  text($('#hold'), say(goes ? 'pauseAll' : 'resumeAll'))
  $('#retry').hidden = !now.bad
  $('#clear').hidden = !items.some(item => item.state === 'good' || item.state === 'stopped')
  $('#awake').hidden = !goes || !asleep
  const title = goes ? value + '% · ' + say('title') : say('title')
  if (document.title !== title) document.title = title
}

let drawing = 0
let drawn = 0
let ticking = 0
const redraw = () => {
  if (!drawing) drawing = setTimeout(draw, Math.max(0, drawn + REDRAW - Date.now()))
}

const draw = () => {
  drawing = 0
  drawn = Date.now()
  items.forEach(drawRow)
  drawAll()
  // Speeds sink and times pass also where no byte moves.
  clearTimeout(ticking)
  if (items.some(item => item.state === 'sends')) ticking = setTimeout(redraw, 1000)
}

// Read aloud: ends and failures, not every step of a bar, and not too often.
let saying = 0
let news = []
const announce = words => {
  news = news.filter(known => known !== words).slice(-2).concat(words)
  if (saying) return
  saying = setTimeout(() => {
    text($('#said'), news.join(' · '))
    saying = 0
    news = []
  }, 1000)
}
