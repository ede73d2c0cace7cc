// Uploads with progress, by dropping a file anywhere on the page too. Without it the form is sent as it is.

for (const form of document.querySelectorAll('form[data-upload]')) prepareUpload(form)

function prepareUpload(form) {
  const input = form.querySelector('input[type=file]')
  const area = form.querySelector('.drop')
  form.addEventListener('submit', (event) => {
    const [file] = input.files
    if (file === undefined) return
    event.preventDefault()
    upload(form, file)
  })
  // A file dropped beside the area would open in the place of the page.
  for (const name of ['dragover', 'drop']) addEventListener(name, (event) => event.preventDefault())
  addEventListener('dragover', () => area.classList.add('over'))
  for (const name of ['dragleave', 'drop']) addEventListener(name, () => area.classList.remove('over'))
  addEventListener('drop', (event) => {
    const file = event.dataTransfer?.files[0]
    if (file === undefined || form.classList.contains('busy')) return
    input.files = event.dataTransfer.files
    upload(form, file)
  })
}

async function upload(form, file) {
  const state = form.querySelector('.upload-state')
  const [bar, text] = state.children
  const request = new XMLHttpRequest()
  const startedAt = performance.now()
  form.classList.add('busy')
  form.querySelector('button').disabled = true
  state.hidden = false
  text.className = ''
  request.upload.addEventListener('progress', ({ loaded, total }) => {
    bar.value = (loaded / total) * 100
    text.textContent = uploadText(loaded, total, performance.now() - startedAt)
  })
  const end = (said) => {
    form.classList.remove('busy')
    form.querySelector('button').disabled = false
    text.className = 'error'
    text.textContent = said
  }
  request.addEventListener('load', () => {
    const answer = parse(request.responseText)
    if (request.status === 201) location.assign(form.dataset.upload + encodeURIComponent(answer.id))
    else if (request.status === 401) endLoggedOut(end, text)
    else end([answer.detail ?? 'It did not work', answer.hint].filter(Boolean).join('. '))
  })
  request.addEventListener('error', () => end('The connection broke off. Try it again.'))
  // The page may be older than the login.
  const token = await freshToken(form)
  request.open('POST', `/api/v1/uploads?fileName=${encodeURIComponent(file.name.toWellFormed?.() ?? file.name)}`)
  request.setRequestHeader('content-type', 'application/octet-stream')
  request.setRequestHeader('x-csrf-token', token)
  request.send(file)
}

/** The chosen file stays where it is: after a login the same button uploads it. */
function endLoggedOut(end, text) {
  end('You are logged out. ')
  const link = document.createElement('a')
  link.href = '/login'
  link.target = '_blank'
  link.rel = 'noopener'
  link.textContent = 'Log in in another tab'
  text.append(link, ', then upload it again: the file is still chosen.')
}

/** Of the login that holds now; the one of the page where there is none. */
async function freshToken(form) {
  const { text = '' } = await askServer(location.pathname)
  const drawn = new DOMParser().parseFromString(text, 'text/html')
  return drawn.querySelector('form[data-upload] [name=csrf]')?.value ?? form.elements.csrf.value
}

function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

const numbers = new Intl.NumberFormat(navigator.language, { maximumFractionDigits: 1 })

function uploadText(loaded, total, elapsedMs) {
  if (loaded === total) return 'Uploaded; it is being looked at …'
  const rest = elapsedMs < 2000 ? '' : `, about ${durationText(((total - loaded) / loaded) * (elapsedMs / 1000))} left`
  return `${numbers.format(loaded / 1e6)} of ${numbers.format(total / 1e6)} MB${rest}`
}

function durationText(seconds) {
  const whole = Math.ceil(seconds)
  return whole < 60 ? `${whole} s` : `${Math.ceil(whole / 60)} min`
}
