// The upload page: one request a file, two at a time, sent again when the network fails.
// Works on plain http (no feature of secure contexts is needed) and speaks the browser's language.
'use strict'
;(() => {
  const AT_ONCE = 2
  const STALL = 20000
  const REDRAW = 250
  const TRIES = 8
  const zh = /^zh/i.test(navigator.language || '')
  const words = zh ? {
    to: '文件会传到提供此页面的电脑。', home: '返回网站',
    title: '发送文件', choose: '选择文件', folder: '选择文件夹', send: '发送',
    drop: '也可以把文件拖到这里，或者粘贴。', awake: '全部送达之前请保持屏幕常亮。',
    waits: '等待中', again: '连接中断，稍后重试', done: '已送达', there: '已经有了', stopped: '已取消',
    cancel: '取消', retry: '重试', left: '剩余', of: '/', all: '全部送达', files: '个文件', failed: '个失败',
    large: '超过了接收方允许的大小：', unread: '无法读取这个文件。请先在“文件”或“照片”里打开一次，再重新选择。',
    lost: '多次重试后仍无法连接。请检查网络，然后点“重试”。', short: '送达的大小不对，请重试。', server: '服务器的回答',
  } : {
    to: 'They go to the computer that this page came from.', home: 'To the site',
    title: 'Send files', choose: 'Choose files', folder: 'Choose a folder', send: 'Send',
    drop: 'Files can also be dropped here, or pasted.', awake: 'Keep this screen on until all have arrived.',
    waits: 'waiting', again: 'connection lost, trying again', done: 'arrived', there: 'was there already', stopped: 'cancelled',
    cancel: 'Cancel', retry: 'Retry', left: 'left', of: 'of', all: 'All have arrived', files: 'files', failed: 'failed',
    large: 'Larger than what is taken: ', unread: 'This file cannot be read. Open it once in Files or Photos, then choose it again.',
    lost: 'No connection after many tries. Check the network, then tap Retry.', short: 'Not all of it arrived. Tap Retry.', server: 'The server answered',
  }

  const $ = selector => document.querySelector(selector)
  const form = $('form')
  const base = new URL(form.action).pathname.replace(/\/+$/, '')
  const max = Number(form.dataset.max) || 0
  const items = []
  let wake = null

  const make = (tag, props, ...children) => {
    const element = Object.assign(document.createElement(tag), props)
    element.append(...children)
    return element
  }

  const size = bytes => {
    const units = ['B', 'KB', 'MB', 'GB', 'TB']
    let unit = 0
    while (bytes >= 1000 && unit < 4) { bytes /= 1000; unit++ }
    return (unit && bytes < 9.95 ? bytes.toFixed(1) : Math.round(bytes)) + ' ' + units[unit]
  }

  const time = seconds => {
    const s = Math.max(1, Math.ceil(seconds))
    return s < 60 ? s + ' s' : s < 3600 ? Math.floor(s / 60) + ' min ' + (s % 60) + ' s' : Math.floor(s / 3600) + ' h ' + Math.floor(s % 3600 / 60) + ' min'
  }

  // Percent, speed and time left; only what is known, never NaN or Infinity.
  const figures = (sent, total, speed) => {
    const percent = total > 0 ? Math.min(100, Math.floor(100 * sent / total)) : 0
    const parts = [percent + '%', size(sent) + ' ' + words.of + ' ' + size(total)]
    if (speed > 0 && isFinite(speed)) {
      parts.push(size(speed) + '/s')
      if (sent < total) parts.push(time((total - sent) / speed) + ' ' + words.left)
    }
    return parts.join(' · ')
  }

  // Bytes a second, over the last few seconds.
  const meter = () => {
    let marks = []
    return {
      reset() { marks = [] },
      mark(bytes) {
        const now = Date.now()
        marks.push([now, bytes])
        while (marks.length > 2 && now - marks[0][0] > 4000) marks.shift()
      },
      speed() {
        if (marks.length < 2) return 0
        const [first, last] = [marks[0], marks[marks.length - 1]]
        const ms = last[0] - first[0]
        return ms > 0 ? Math.max(0, 1000 * (last[1] - first[1]) / ms) : 0
      },
    }
  }
  const allMeter = meter()

  const add = file => {
    const item = { file, state: 'waits', sent: 0, tries: 0, note: '', meter: meter(), timer: 0, xhr: null }
    item.small = make('small')
    item.bar = make('progress', { max: 100, value: 0, ariaLabel: file.name })
    item.button = make('button', { type: 'button', className: 'small' })
    item.button.addEventListener('click', () => over(item) ? retry(item) : cancel(item))
    item.row = make('li', {}, make('div', { className: 'row' }, make('div', {}, make('div', { textContent: file.name }), item.small), item.button), item.bar)
    items.push(item)
    $('#list').append(item.row)
    if (max && file.size > max) end(item, 'bad', words.large + size(max))
  }

  const over = item => item.state === 'good' || item.state === 'bad'

  const take = files => {
    for (const file of files) add(file)
    next()
  }

  const end = (item, state, note) => {
    clearTimeout(item.timer)
    item.state = state
    item.note = note
    item.xhr = null
    next()
  }

  const cancel = item => {
    const xhr = item.xhr
    end(item, 'bad', words.stopped)
    if (xhr) xhr.abort()
  }

  const retry = item => {
    Object.assign(item, { state: 'waits', sent: 0, tries: 0, note: '' })
    next()
  }

  const next = () => {
    let busy = items.filter(item => item.state === 'sends').length
    for (const item of items) {
      if (busy >= AT_ONCE) break
      if (item.state === 'waits') { send(item); busy++ }
    }
    draw()
  }

  const send = item => {
    const xhr = new XMLHttpRequest()
    const { file } = item
    Object.assign(item, { state: 'sends', xhr, sent: 0, note: '' })
    item.meter.reset()
    const mine = act => () => { if (item.xhr === xhr) act() }
    const stalled = mine(() => { item.xhr = null; xhr.abort(); later(item) })
    const alive = () => { clearTimeout(item.timer); item.timer = setTimeout(stalled, STALL) }
    xhr.upload.addEventListener('progress', event => mine(() => {
      item.sent = Math.min(event.loaded, file.size)
      item.meter.mark(item.sent)
      alive()
      redraw()
    })())
    // All is sent; a large file may still be on its way to the disk.
    xhr.upload.addEventListener('load', mine(() => { clearTimeout(item.timer); item.timer = setTimeout(stalled, 6 * STALL) }))
    xhr.addEventListener('load', mine(() => answered(item, xhr)))
    for (const name of ['error', 'abort', 'timeout']) xhr.addEventListener(name, mine(() => failed(item)))
    xhr.open('POST', base + '/' + encodeURIComponent(file.name || 'unnamed'))
    xhr.setRequestHeader('Content-Type', 'application/octet-stream')
    xhr.setRequestHeader('Accept', 'application/json')
    if (file.lastModified > 0) xhr.setRequestHeader('X-Last-Modified', String(Math.floor(file.lastModified)))
    alive()
    xhr.send(file)
  }

  const answered = (item, xhr) => {
    let answer = {}
    try { answer = JSON.parse(xhr.responseText) || {} } catch (_) { /* not ours: a proxy's page */ }
    if (xhr.status === 201 && answer.files && answer.files[0]) {
      const done = answer.files[0]
      item.sent = item.file.size
      if (done.size !== item.file.size) end(item, 'bad', words.short)
      else end(item, 'good', (done.duplicate ? words.there : words.done) + (done.name === item.file.name ? '' : ': ' + done.name))
    } else if ([0, 408, 429, 502, 503, 504].includes(xhr.status)) {
      later(item)
    } else {
      end(item, 'bad', answer.detail || words.server + ' ' + xhr.status)
    }
  }

  // The connection failed, or the file cannot be read: reading one byte tells.
  const failed = item => {
    clearTimeout(item.timer)
    item.xhr = null
    const reader = new FileReader()
    reader.onload = () => { if (item.state === 'sends') later(item) }
    reader.onerror = () => { if (item.state === 'sends') end(item, 'bad', words.unread) }
    reader.readAsText(item.file.slice(0, 1))
  }

  const later = item => {
    clearTimeout(item.timer)
    item.xhr = null
    if (++item.tries >= TRIES) return end(item, 'bad', words.lost)
    const wait = Math.min(10000, 500 * 2 ** (item.tries - 1)) * (.75 + Math.random() / 2)
    Object.assign(item, { state: 'pauses', sent: 0, note: words.again })
    item.timer = setTimeout(() => { item.state = 'waits'; next() }, wait)
    next()
  }

  // Back on the network, or back on the screen: what pauses goes on at once.
  const hurry = () => {
    if (document.visibilityState === 'hidden') return
    for (const item of items) if (item.state === 'pauses') { clearTimeout(item.timer); item.state = 'waits' }
    next()
    stayAwake()
  }

  let drawing = 0
  let drawn = 0
  const redraw = () => {
    if (!drawing) drawing = setTimeout(draw, Math.max(0, drawn + REDRAW - Date.now()))
  }

  const draw = () => {
    clearTimeout(drawing)
    drawing = 0
    drawn = Date.now()
    let sent = 0, total = 0, good = 0, bad = 0
    for (const item of items) {
      const { file, state } = item
      if (state === 'bad') bad++
      else { sent += item.sent; total += file.size }
      if (state === 'good') good++
      const text = state === 'sends' ? figures(item.sent, file.size, item.meter.speed()) : item.note || words.waits
      const value = state === 'good' ? 100 : file.size > 0 ? Math.floor(100 * item.sent / file.size) : 0
      if (item.small.textContent !== text) item.small.textContent = text
      if (item.bar.value !== value) item.bar.value = value
      item.row.className = state
      item.bar.hidden = over(item)
      item.button.hidden = state === 'good'
      item.button.textContent = over(item) ? words.retry : words.cancel
    }
    const busy = good + bad < items.length
    if (busy) allMeter.mark(sent); else allMeter.reset()
    $('#all').hidden = !items.length
    $('#all progress').value = total > 0 ? Math.floor(100 * sent / total) : good ? 100 : 0
    const failures = bad ? ' · ' + bad + ' ' + words.failed : ''
    const count = good + ' ' + words.of + ' ' + items.length + ' ' + words.files
    $('#sum').textContent = (busy ? count + ' · ' + figures(sent, total, allMeter.speed()) : bad ? count : words.all + ' · ' + count) + failures
    // Read aloud when a file has ended, not at every step of a bar.
    const said = (busy || bad ? count : words.all + ' · ' + count) + failures
    if ($('#said').textContent !== said) $('#said').textContent = said
    $('#awake').hidden = !busy || 'wakeLock' in navigator
    stayAwake()
  }

  const stayAwake = () => {
    const busy = items.some(item => !over(item))
    if (!('wakeLock' in navigator)) return
    if (busy && !wake && document.visibilityState === 'visible') {
      wake = navigator.wakeLock.request('screen').then(lock => {
        lock.addEventListener('release', () => { wake = null })
        return lock
      }, () => null)
    } else if (!busy && wake) {
      wake.then(lock => lock && lock.release())
      wake = null
    }
  }

  // What a drop holds, folders too.
  const dropped = transfer => {
    const entries = Array.from(transfer.items || [], item => item.webkitGetAsEntry && item.webkitGetAsEntry()).filter(Boolean)
    if (!entries.length) return take(transfer.files)
    const walk = entry => {
      if (entry.isFile) return entry.file(file => take([file]), () => {})
      const reader = entry.createReader()
      const more = () => reader.readEntries(found => { found.forEach(walk); if (found.length) more() }, () => {})
      more()
    }
    entries.forEach(walk)
  }

  document.documentElement.classList.add('script')
  if (zh) {
    document.documentElement.lang = 'zh'
    document.title = words.title
    for (const element of document.querySelectorAll('[data-say]')) element.textContent = words[element.dataset.say]
  }
  const folder = $('#folder')
  if ('webkitdirectory' in folder.querySelector('input')) folder.hidden = false
  for (const input of document.querySelectorAll('input[type=file]')) {
    input.addEventListener('change', () => { take(Array.from(input.files)); input.value = '' })
  }
  form.addEventListener('submit', event => event.preventDefault())
  $('#drop').hidden = !window.matchMedia('(hover: hover)').matches
  const main = document.documentElement
  for (const name of ['dragover', 'dragleave', 'drop']) {
    main.addEventListener(name, event => {
      event.preventDefault()
      main.classList.toggle('over', name === 'dragover')
      if (name === 'drop' && event.dataTransfer) dropped(event.dataTransfer)
    })
  }
  document.addEventListener('paste', event => {
    const files = event.clipboardData && Array.from(event.clipboardData.files)
    if (files && files.length) take(files)
  })
  window.addEventListener('online', hurry)
  window.addEventListener('pageshow', hurry)
  document.addEventListener('visibilitychange', hurry)
  window.addEventListener('beforeunload', event => { if (items.some(item => !over(item))) event.preventDefault() })
})()
