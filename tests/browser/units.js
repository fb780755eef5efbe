// What holds of the parts that need no page. Runs in Chromium, and in node where there is one.
const units = () => {
  const failures = []
  const same = (what, got, wanted) => {
    if (JSON.stringify(got) !== JSON.stringify(wanted)) failures.push(what + ': ' + JSON.stringify(got) + ', not ' + JSON.stringify(wanted))
  }
  const bytes = words => Uint8Array.from(words, letter => letter.charCodeAt(0))
  const sum = (all, pieces) => {
    const digest = sha256()
    let at = 0
    for (const piece of pieces || [all.length]) { digest.update(all.subarray(at, at + piece)); at += piece }
    digest.update(all.subarray(at))
    return digest.hex()
  }

  // FIPS 180-4 and its examples.
  same('nothing', sum(bytes('')), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  same('abc', sum(bytes('abc')), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  same('two blocks', sum(bytes('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq')),
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1')
  const million = new Uint8Array(1000000).fill(97)
  same('a million', sum(million), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0')
  for (const pieces of [[1], [63, 1], [64], [65, 127, 128], [1000, 7, 3, 99999]]) {
    same('in pieces of ' + pieces, sum(million, pieces), sum(million))
  }
  for (let length = 50; length < 70; length++) {
    same('length ' + length, sum(million.subarray(0, length), [length >> 1]), sum(million.subarray(0, length)))
  }

  same('all of a small one', samples(196608), [[0, 196608]])
  same('three samples', samples(196609), [[0, 65536], [65536, 131072], [131073, 196609]])
  same('an empty one', samples(0), [[0, 0]])

  same('sizes', [0, 999, 1000, 1500, 9999, 99900, 999600, 3221225472, 5e12, 5e15].map(size),
    ['0 B', '999 B', '1.0 KB', '1.5 KB', '10 KB', '100 KB', '1.0 MB', '3.2 GB', '5.0 TB', '5000 TB'])
  same('times', [0, .2, 59, 61, 3599, 3600, 90061].map(time),
    ['1 s', '1 s', '59 s', '1 min 1 s', '59 min 59 s', '1 h 0 min', '25 h 1 min'])
  same('percent', [[0, 0], [5, 0], [1, 3], [3, 3], [4, 3], [-1, 3]].map(([a, b]) => percent(a, b)), [0, 0, 33, 100, 100, 0])
  for (const [sent, total, speed] of [[0, 0, 0], [0, 9, 0], [5, 9, NaN], [5, 9, Infinity], [9, 9, 5], [1, 9e15, .001], [0, 9, -1]]) {
    const words = figures(sent, total, speed)
    if (/NaN|Infinity|-/.test(words)) failures.push('figures of ' + [sent, total, speed] + ': ' + words)
  }
  same('figures', figures(25e6, 100e6, 5e6), '25% · 25 MB of 100 MB · 5.0 MB/s · 15 s left')

  const rate = meter()
  same('no marks', rate.speed(0), 0)
  rate.mark(0, 1000)
  same('one mark', rate.speed(1000), 0)
  rate.mark(500, 1000)
  same('no time between', rate.speed(1000), 0)
  for (let n = 1; n <= 500; n++) rate.mark(500 + n * 100, 1000 + n * 10)
  same('steady', Math.round(rate.speed(6000) / 1000), 10)
  same('when nothing comes it sinks', rate.speed(60000) < 1500, true)
  rate.mark(0, 70000)
  same('never negative', rate.speed(70000) >= 0, true)
  rate.reset()
  same('anew', rate.speed(70000), 0)

  same('pauses', [1, 2, 3, 4, 5, 6, 50].map(tries => pause(tries, .5)), [500, 1000, 2000, 4000, 8000, 10000, 10000])
  same('jitter', [pause(1, 0), pause(1, 1)], [375, 625])
  same('names', ['a.jpg', 'a (2).jpg', 'DCIM/a b', '.x', 'a (x).tar.gz', '', 'a\nb.c'].map(numbered),
    ['a (2).jpg', 'a (3).jpg', 'DCIM/a b (2)', ' (2).x', 'a (x).tar (2).gz', ' (2)', 'a\nb (2).c'])
  same('words', say('percent', '{1}', 'b'), 'b of b')
  return failures.join('\n') || 'all hold'
}
