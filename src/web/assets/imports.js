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

function upload(form, file) {
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
    else end([answer.detail ?? 'It did not work', answer.hint].filter(Boolean).join('. '))
  })
  request.addEventListener('error', () => end('The connection broke off. Try it again.'))
  request.open('POST', `/api/v1/uploads?fileName=${encodeURIComponent(file.name.toWellFormed?.() ?? file.name)}`)
  request.setRequestHeader('content-type', 'application/octet-stream')
  request.setRequestHeader('x-csrf-token', form.elements.csrf.value)
  request.send(file)
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
