// What columns with phones are called, by language, in the exports and spreadsheets that people have. Written as people write
// them: accents, blanks and signs between words make no difference.

const namesByLanguage: Readonly<Record<string, readonly string[]>> = {
  en: [
    'phone, phone number, phonenumber, phone no, mobile, mobile number, mobile no, mobile phone, mobile phone number, phone mobile',
    'cell, cellphone, cell phone, cell phone number, cell number, telephone, telephone number, tel, msisdn, gsm',
    'whatsapp, whatsapp number, whatsapp phone, whatsapp id, wa number, wa id, wa phone',
  ],
  de: [
    'telefon, telefonnummer, telefon nr, tel nr, telefon mobil, telefon handy, rufnummer, handy, handynummer, handy nr, handytelefon',
    'mobil, mobilnummer, mobil nr, mobiltelefon, mobiltelefonnummer, mobilfunknummer, mobilrufnummer, whatsapp nummer',
  ],
  fr: [
    'téléphone, numéro de téléphone, n° de téléphone, no de téléphone, tél, portable, numéro de portable, téléphone portable',
    'tél portable, tél mobile, téléphone mobile, numéro de mobile, numéro de gsm, numéro whatsapp',
  ],
  es: [
    'numero, teléfono, numero telefono, número de teléfono, teléfono móvil, móvil, número de móvil, número móvil, celular',
    'número de celular, número celular, teléfono celular, tel móvil, número de whatsapp',
  ],
  pt: [
    'telefone, número de telefone, telemóvel, número de telemóvel, telefone celular, telefone móvel, número de celular, tel celular',
  ],
  it: [
    'cellulare, numero di cellulare, numero di telefono, telefono cellulare, telefono mobile, tel cellulare, numero cellulare',
  ],
  nl: ['mobiel, mobiel nummer, mobielnummer, mobiele telefoon, telefoon, telefoonnummer, gsm nummer, gsm nr'],
  tr: ['cep telefonu, cep tel, cep no, cep numarası, gsm no, gsm numarası, telefon no, telefon numarası'],
  pl: ['telefon komórkowy, numer telefonu, nr telefonu, komórka, nr tel, numer komórkowy'],
  cs: ['mobilní telefon, telefonní číslo, číslo telefonu, mobilné číslo, telefónne číslo'],
  hu: ['telefonszám, mobilszám, mobiltelefonszám'],
  ro: ['număr de telefon, telefon mobil, număr telefon, nr telefon'],
  nordic: ['mobiltelefonnummer, telefonnr, mobilnr, mobiltlf, tlf, telefonnumre, puhelin, puhelinnumero, matkapuhelin'],
  el: ['τηλέφωνο, κινητό, κινητό τηλέφωνο, αριθμός τηλεφώνου'],
  ru: [
    'телефон, номер, номер телефона, мобильный, мобильный телефон, моб телефон, сотовый, сотовый телефон, номер мобильного',
  ],
  uk: ['номер телефону, мобільний, мобільний телефон'],
  ar: [
    'هاتف, الهاتف, رقم الهاتف, جوال, الجوال, رقم الجوال, موبايل, الموبايل, رقم الموبايل, المحمول, رقم المحمول, واتساب, رقم الواتساب',
  ],
  fa: ['موبایل, شماره موبایل, تلفن, شماره تلفن, تلفن همراه'],
  he: ['טלפון, נייד, מספר טלפון, טלפון נייד, מספר נייד'],
  hi: ['फ़ोन, फोन, मोबाइल, मोबाइल नंबर, फोन नंबर'],
  id: [
    'no hp, nomor hp, nomor telepon, no telepon, telepon, nomor whatsapp, no wa, nomor wa, nombor telefon, no telefon',
  ],
  vi: ['số điện thoại, điện thoại, di động, sđt'],
  th: ['เบอร์โทร, เบอร์โทรศัพท์, โทรศัพท์, มือถือ, เบอร์มือถือ'],
  zh: ['电话, 电话号码, 手机, 手机号, 手机号码, 電話, 手機, 手機號碼'],
  ja: ['電話番号, 携帯電話, 携帯, 携帯番号, 携帯電話番号'],
  ko: ['전화, 전화번호, 휴대폰, 휴대폰번호, 휴대전화, 핸드폰'],
}

/** No known name is longer. */
const LONGEST = 100

/** A name without accents, case and signs, its words joined by `_`. */
function plainColumn(name: string): string {
  const letters = name
    .slice(0, LONGEST)
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
  return letters
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .join('_')
}

const known = new Set(
  Object.values(namesByLanguage)
    .flat()
    .flatMap((names) => names.split(',').map(plainColumn)),
)
const knownNames = [...known]

/** Of names such as `Phonetischer Vorname`, which has nothing to do with phones. */
const soundsOnly = /^(?:ph|f)onet/

export function isPhoneColumn(name: string): boolean {
  return known.has(plainColumn(name))
}

/** A column that looks like one for phones without being named as one: what to offer when none is. */
export function resemblesPhone(name: string): boolean {
  const column = plainColumn(name)
  if (column.length < 3 || column.split('_').some((word) => soundsOnly.test(word))) return false
  return knownNames.some((one) => one.length >= 3 && (column.includes(one) || isBeginning(column, one)))
}

/** `mob` begins `mobile`; the first letters of several words say nothing. */
function isBeginning(column: string, name: string): boolean {
  return !name.includes('_') && name.startsWith(column)
}
