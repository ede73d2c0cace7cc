// What the pages of campaigns do when scripts run: the editor draws its previews again while a user types, a live run
// counts, a report has a chart. Texts change as texts; markup comes from the server as it is.

// The editor of campaigns: what is beside the fields is drawn again while a user types, by the server.
for (const form of document.querySelectorAll('form[data-editor]')) {
  watchEditor(form)
  askBeforeLeaving(form)
}

const ALL_LOOKS = 'audience content session schedule'

function watchEditor(form) {
  let timer
  let lastField = null
  const wanted = new Set()
  const later = (target, waitMs) => {
    const looks = target.dataset.looks ?? target.closest('[data-looks]')?.dataset.looks ?? ''
    for (const look of looks.split(' ').filter(Boolean)) wanted.add(look)
    clearTimeout(timer)
    timer = setTimeout(() => {
      const looksNow = [...wanted]
      wanted.clear()
      if (looksNow.length > 0)
        redraw(
          form,
          { act: 'look', looks: looksNow.join(' ') },
          looksNow.flatMap((look) => (look === 'schedule' ? ['look-when', 'look-schedule'] : [`look-${look}`])),
        )
    }, waitMs)
  }
  countIn(form)
  form.addEventListener('input', (event) => {
    countIn(form)
    if (!event.target.closest('[data-redraw]')) later(event.target, 600)
  })
  form.addEventListener('change', (event) => {
    const parts = event.target.closest('[data-redraw]')?.dataset.redraw
    if (parts) redraw(form, { act: 'look', looks: ALL_LOOKS }, parts.split(' '))
  })
  form.addEventListener('focusin', (event) => {
    if ('insertable' in event.target.dataset) lastField = event.target.name
  })
  form.addEventListener('click', (event) => {
    const button = event.target.closest('button')
    const { insert, redraw: parts } = button?.dataset ?? {}
    if (insert) insertText(form.elements[lastField] ?? form.querySelector('[data-insertable]'), insert)
    if (parts && button.type === 'submit') {
      event.preventDefault()
      redraw(form, { act: button.value, looks: ALL_LOOKS }, parts.split(' '))
    }
  })
}

/** Asks before a user leaves with unsaved changes. Nothing typed is kept in the browser. */
function askBeforeLeaving(form) {
  const own = new Set(['csrf', 'once', 'version', 'preview/person', 'content/was', 'sender/was'])
  const typed = () => new URLSearchParams([...new FormData(form)].filter(([name]) => !own.has(name))).toString()
  // A form that was refused is shown as it was typed, and is not saved yet.
  const shown = document.title.startsWith('Error: ') ? '' : typed()
  let isSent = false
  form.addEventListener('submit', () => {
    isSent = true
  })
  addEventListener('beforeunload', (event) => {
    if (!isSent && typed() !== shown) event.preventDefault()
  })
}

/** Shows the length of a text below its field; with placeholders it differs for each person and is not shown. */
function countIn(form) {
  for (const field of form.querySelectorAll('[data-max]')) {
    const help = document.getElementById(`${field.name}-help`)
    if (help === null) continue
    help.dataset.said ??= help.textContent
    const { length } = [...field.value]
    const isCounted = length > 0 && !field.value.includes('{{')
    help.textContent = isCounted ? `${length} of ${field.dataset.max} characters` : help.dataset.said
    help.classList.toggle('over', isCounted && length > Number(field.dataset.max))
  }
}

/** Asks for the page as it would look now, and takes the named parts of it. */
async function redraw(form, extra, ids) {
  const isOnlyShown = ids.every((id) => id.startsWith('look-'))
  for (;;) {
    const typed = new URLSearchParams(new FormData(form))
    const body = new URLSearchParams(typed)
    for (const [name, value] of Object.entries(extra)) body.set(name, value)
    const { stale, response, text } = await askServer(form.action, { method: 'POST', body })
    if (stale !== undefined) return staleEditor(form, extra, stale)
    const drawn = new DOMParser().parseFromString(text, 'text/html')
    const token = drawn.querySelector('form[data-editor] [name=csrf]')
    // Refused, and not because of a new login: then the form is drawn, with its token.
    if (!response.ok && token === null) return staleEditor(form, extra, 'failed')
    if (token !== null) form.elements.csrf.value = token.value
    freshEditor(form)
    // Fields are not drawn over what was typed in the meantime.
    if (isOnlyShown || new URLSearchParams(new FormData(form)).toString() === typed.toString())
      return take(drawn, [...ids, 'look-bar'])
  }
}

const RETRY_MS = 5_000
let retry

const looksOf = (form) => [...form.querySelectorAll('.look')].filter(({ id }) => id !== '')

/** Nothing is lost: the form stays as it is. What is beside it is drawn again as soon as the server answers. */
function staleEditor(form, extra, why) {
  for (const part of looksOf(form)) markStale(part, why)
  clearTimeout(retry)
  const look = { ...extra, act: 'look', looks: ALL_LOOKS }
  retry = setTimeout(
    () =>
      redraw(
        form,
        look,
        looksOf(form).map(({ id }) => id),
      ),
    RETRY_MS,
  )
}

function freshEditor(form) {
  clearTimeout(retry)
  for (const part of looksOf(form)) markFresh(part)
}

function take(drawn, ids) {
  const focused = document.activeElement?.id
  let next
  for (const id of ids) {
    const fresh = drawn.getElementById(id)
    next ??= fresh?.querySelector('[autofocus]')
    if (fresh) document.getElementById(id)?.replaceWith(document.adoptNode(fresh))
  }
  for (const form of document.querySelectorAll('form[data-editor]')) countIn(form)
  if (next) next.focus()
  else if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus()
}

function insertText(field, text) {
  if (!field) return
  field.focus()
  field.setRangeText(text, field.selectionStart ?? field.value.length, field.selectionEnd ?? field.value.length, 'end')
  field.dispatchEvent(new Event('input', { bubbles: true }))
}

// A campaign at work: numbers arrive as events, and only texts change.
for (const live of document.querySelectorAll('[data-live-source]')) watchLive(live)

// What people call a zone: New York for America/New_York.
const zoneTitle = (zone) => zone.split('/').at(-1).replaceAll('_', ' ')

/** Screen readers read a sentence whenever it changes: no more often than this. */
const SAID_MS = 10_000

function watchLive(live) {
  const { liveSource, locale, zone, status } = live.dataset
  const words = JSON.parse(live.dataset.words)
  const partStatuses = JSON.parse(live.dataset.parts)
  const isMoving = 'moving' in live.dataset
  const numbers = new Intl.NumberFormat(locale)
  const times = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone: zone })
  const places = new Map([...live.querySelectorAll('[data-live]')].map((place) => [place.dataset.live, place]))
  const instant = (at) => (at ? `${times.format(new Date(at))} ${zoneTitle(zone)}` : '—')
  const say = (name, text) => {
    const place = places.get(name)
    if (place && place.textContent !== text) place.textContent = text
  }
  const filled = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => values[name])
  let saidAt = 0
  const events = new EventSource(liveSource)
  events.addEventListener('live', (event) => {
    const report = JSON.parse(event.data)
    const { audience, byStatus } = report.totals
    // Another status means other actions: the page is drawn anew.
    if (report.campaign.status !== status) return location.reload()
    const parts = barPartsOf(byStatus, partStatuses)
    drawBar(live, parts)
    for (const [name, count] of Object.entries(parts)) say(name, numbers.format(count))
    const done = numbers.format(audience - parts.waiting)
    say('audience', numbers.format(audience))
    say('done', done)
    say('pace', paceText(report))
    live.querySelector('[data-unknown]').hidden = byStatus.unknown === 0
    if (Date.now() - saidAt >= SAID_MS) {
      saidAt = Date.now()
      const values = { done, audience: numbers.format(audience), failed: numbers.format(byStatus.failed) }
      say('said', filled(words.said, values))
    }
    const waits = new Map(report.waitingFor.map((wait) => [wait.reason, wait]))
    live.querySelector('[data-waits]').hidden = waits.size === 0
    for (const row of live.querySelectorAll('[data-wait]')) {
      const wait = waits.get(row.dataset.wait)
      row.hidden = wait === undefined
      say(`wait:${row.dataset.wait}`, wait ? (wait.count === 0 ? '—' : numbers.format(wait.count)) : '')
      say(`until:${row.dataset.wait}`, wait ? instant(wait.until) : '')
    }
  })
  function paceText({ ratePerSecond, mainDoneAt, later }) {
    const parts = []
    if (ratePerSecond > 0) parts.push(filled(words.rate, { rate: numbers.format(ratePerSecond) }))
    if (mainDoneAt) parts.push(filled(words.left, { time: durationText(Date.parse(mainDoneAt) - Date.now(), numbers) }))
    if (later) parts.push(filled(words.later, { count: numbers.format(later.count), time: instant(later.firstAt) }))
    return parts.join(' · ')
  }
  const numbersPart = live.querySelector('#live-numbers')
  events.addEventListener('open', () => {
    say('state', isMoving ? 'Live' : '')
    markFresh(numbersPart)
  })
  events.addEventListener('error', async () => {
    // A stream that is refused is not asked for again: the login is over, or too many watch.
    const isOver = events.readyState === EventSource.CLOSED
    say('state', isOver ? 'The numbers stand still.' : 'Connecting again …')
    live.querySelector('[data-live-ended]').hidden = !isOver
    const { stale } = await askServer(location.pathname, { method: 'HEAD' })
    if (events.readyState !== EventSource.OPEN) markStale(numbersPart, stale ?? 'failed')
  })
}

/** The number of messages in each part of the bar; the page says which statuses make up a part. */
function barPartsOf(counts, partStatuses) {
  const sums = Object.entries(partStatuses).map(([part, statuses]) => [
    part,
    statuses.reduce((sum, status) => sum + counts[status], 0),
  ])
  return Object.fromEntries(sums)
}

function drawBar(live, parts) {
  const whole = Object.values(parts).reduce((sum, count) => sum + count, 0)
  let from = 0
  for (const rect of live.querySelectorAll('rect[data-part]')) {
    const width = whole === 0 ? 0 : (parts[rect.dataset.part] / whole) * 1000
    rect.setAttribute('x', from.toFixed(1))
    rect.setAttribute('width', width.toFixed(1))
    from += width
  }
  for (const tile of live.querySelectorAll('[data-tile]')) tile.hidden = parts[tile.dataset.tile] === 0
}

/** Rounded up to what people say: 3 min, 2 h. */
function durationText(ms, numbers) {
  if (ms < 60_000) return `${numbers.format(Math.max(1, Math.ceil(ms / 1000)))} s`
  const minutes = Math.ceil(ms / 60_000)
  return minutes < 120 ? `${numbers.format(minutes)} min` : `${numbers.format(Math.ceil(minutes / 60))} h`
}

// What happened when, drawn by uPlot.
for (const chart of document.querySelectorAll('[data-chart]')) drawChart(chart)

async function drawChart(chart) {
  const { stale, response, text } = await askServer(chart.dataset.chart)
  const note = document.getElementById(chart.dataset.note)
  if (stale !== undefined) return markStale(note, stale)
  if (!response.ok || typeof uPlot === 'undefined') return
  const { points, sampledOneOf } = JSON.parse(text)
  if (points.length === 0) {
    if (note) note.textContent = 'Nothing has happened yet.'
    return
  }
  // Asked for at every drawing: the theme may change while the page is open.
  const colour = (name) => () => getComputedStyle(document.documentElement).getPropertyValue(name)
  const kinds = {
    accepted: '--chart-accepted',
    delivered: '--chart-delivered',
    read: '--chart-read',
    failed: '--bad',
  }
  const labels = JSON.parse(chart.dataset.labels)
  const axis = { stroke: colour('--soft'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } }
  const size = () => ({ width: chart.clientWidth, height: 260 })
  const zone = chart.dataset.zone
  const span = Date.parse(points.at(-1).at) - Date.parse(points[0].at)
  const parts = { hour: '2-digit', minute: '2-digit', timeZone: zone }
  if (span > 86_400_000) Object.assign(parts, { day: 'numeric', month: 'short' })
  if (span < 600_000) parts.second = '2-digit'
  const times = new Intl.DateTimeFormat(chart.dataset.locale, parts)
  const numbers = new Intl.NumberFormat(chart.dataset.locale)
  const timeOf = (second) => (second == null ? '—' : times.format(second * 1000))
  const plot = new uPlot(
    {
      ...size(),
      tzDate: (second) => uPlot.tzDate(new Date(second * 1000), zone),
      scales: { y: { range: (_plot, _low, high) => [0, Math.max(high, 1)] } },
      axes: [
        { ...axis, space: 90, values: (_plot, seconds) => seconds.map(timeOf) },
        { ...axis, size: 60, values: (_plot, counts) => counts.map((count) => numbers.format(count)) },
      ],
      series: [
        { label: labels.time, value: (_plot, second) => timeOf(second) },
        ...Object.entries(kinds).map(([kind, name]) => ({
          label: labels[kind],
          value: (_plot, count) => (count == null ? '—' : numbers.format(count)),
          stroke: colour(name),
          width: 2,
          points: { show: points.length < 3 },
        })),
      ],
    },
    [
      points.map(({ at }) => Date.parse(at) / 1000),
      ...Object.keys(kinds).map((kind) => sumsOf(points.map((point) => point[kind]))),
    ],
    chart,
  )
  if (note) {
    const sampled = sampledOneOf > 1 ? `; estimated from one of ${sampledOneOf} messages` : ''
    note.textContent = `${labels.note} (${zoneTitle(zone)}${sampled})`
  }
  addEventListener('resize', () => plot.setSize(size()))
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plot.redraw())
}

/** The running total at each point. */
function sumsOf(counts) {
  let sum = 0
  return counts.map((count) => {
    sum += count ?? 0
    return sum
  })
}

for (const button of document.querySelectorAll('[data-print]')) {
  button.hidden = false
  button.addEventListener('click', () => print())
}
