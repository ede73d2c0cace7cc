// What pages do when scripts run. Without it every form and link still works; only live numbers stand still.

// Parts that stay true while the page is open: the server draws the page again, and what differs is taken over.
const FRESH_MS = 4_000

// The zone of this browser: pages show times in it unless the account has another.
const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone
const zoneCookie = `herald-zone=${encodeURIComponent(ownZone ?? '')}; path=/; max-age=31536000; samesite=lax; secure`
// biome-ignore lint/suspicious/noDocumentCookie: some browsers have no Cookie Store API.
if (ownZone) document.cookie = zoneCookie

// A part of a page that could not be brought up to date is greyed and says why, until it is.
const staleWords = {
  loggedOut: 'Not up to date: you are logged out.',
  offline: 'Not up to date: you are offline. It goes on when you are back.',
  failed: 'Not up to date: the server can’t answer right now. It is asked again.',
}

/** The answer of the server, or why there is none: a word of staleWords. */
async function askServer(address, init = {}) {
  try {
    const response = await fetch(address, { credentials: 'same-origin', ...init })
    const isLogin = response.redirected && new URL(response.url).pathname === '/login'
    if (response.status === 401 || isLogin) return { stale: 'loggedOut' }
    // The service has too much to do, or is not there: it is asked again.
    if (response.status === 429 || response.status >= 500) return { stale: 'failed' }
    return { response, text: await response.text() }
  } catch {
    return { stale: navigator.onLine ? 'failed' : 'offline' }
  }
}

function markStale(part, why) {
  part.classList.add('stale')
  const known = document.getElementById(`stale-${part.id}`)
  if (known?.dataset.why === why) return
  known?.remove()
  const note = document.createElement('p')
  note.id = `stale-${part.id}`
  note.className = 'warning'
  note.dataset.why = why
  note.setAttribute('role', 'status')
  note.append(staleWords[why])
  if (why === 'loggedOut') {
    const link = document.createElement('a')
    link.href = '/login'
    link.target = '_blank'
    link.rel = 'noopener'
    link.textContent = 'Log in in another tab'
    note.append(' ', link, '. What you typed here stays.')
  }
  part.before(note)
}

function markFresh(part) {
  part.classList.remove('stale')
  document.getElementById(`stale-${part.id}`)?.remove()
}

// After a refused form the focus goes to what is wrong.
if (document.title.startsWith('Error: ')) {
  const said = document.querySelector('main [role=alert]') ?? document.querySelector('main [aria-invalid=true]')
  if (said?.matches('[role=alert]')) said.tabIndex = -1
  said?.focus()
}

// A page that had no time to find anything yet: the next one looks further, in its place.
const onward = document.querySelector('a[data-goes-on]')
if (onward !== null) location.replace(onward.href)

const partsOf = (from) => [...document.querySelectorAll('[data-fresh]')].filter(({ dataset }) => dataset.fresh === from)
for (const from of new Set([...document.querySelectorAll('[data-fresh]')].map(({ dataset }) => dataset.fresh)))
  keepFresh(from)

/** Until none of its parts goes on any more. */
async function keepFresh(from) {
  for (let [part] = partsOf(from); part !== undefined; [part] = partsOf(from)) {
    await new Promise((resolve) => setTimeout(resolve, part.dataset.everyMs ?? FRESH_MS))
    if (document.visibilityState === 'visible') await refresh(from)
  }
}

async function refresh(from) {
  const { stale, response, text } = await askServer(from)
  if (stale !== undefined) {
    for (const part of partsOf(from)) markStale(part, stale)
    return
  }
  // The thing is gone, or leads elsewhere: the page says so itself.
  if (response.redirected) return location.assign(from)
  const drawn = new DOMParser().parseFromString(text, 'text/html')
  for (const part of partsOf(from)) {
    markFresh(part)
    const fresh = drawn.getElementById(part.id)
    // What went on is over: the page looks different now.
    if (fresh === null) return location.assign(from)
    takeOver(part, fresh)
  }
}

/** Changes only what differs: focus, scrolling and what is marked stay as they are. */
function takeOver(old, fresh) {
  if (old.isEqualNode(fresh)) return
  const [olds, freshs] = [[...old.childNodes], [...fresh.childNodes]]
  if (old.nodeName !== fresh.nodeName || olds.length !== freshs.length)
    return old.replaceWith(document.adoptNode(fresh))
  if (old.nodeType === Node.TEXT_NODE) old.data = fresh.data
  for (const { name } of [...(old.attributes ?? [])]) if (!fresh.hasAttribute(name)) old.removeAttribute(name)
  for (const { name, value } of fresh.attributes ?? []) old.setAttribute(name, value)
  for (const [index, child] of olds.entries()) takeOver(child, freshs[index])
}

// A second click on the way: what is being sent is not sent again.
const SENT_MS = 10_000

document.addEventListener('submit', (event) => {
  const form = event.target
  if (event.defaultPrevented || form.method !== 'post') return
  if ('sent' in form.dataset) return event.preventDefault()
  form.dataset.sent = ''
  setTimeout(() => delete form.dataset.sent, SENT_MS)
})
addEventListener('pageshow', (event) => {
  // A page that comes back as it was is a new one: what is sent from it is meant anew.
  if (event.persisted) for (const key of document.querySelectorAll('input[name=once]')) key.value += '.'
  for (const form of document.querySelectorAll('form[data-sent]')) delete form.dataset.sent
})

// Time zone fields offer every zone that this browser knows; the page itself lists the likely ones.
for (const list of document.querySelectorAll('datalist[data-zones]')) offerZones(list)

function offerZones(list) {
  const offered = new Set([...list.options].map(({ value }) => value))
  const others = Intl.supportedValuesOf('timeZone').filter((zone) => !offered.has(zone))
  list.append(...others.map((zone) => Object.assign(document.createElement('option'), { value: zone })))
}
