// 1MSG's page "Whatsapp Business API documentation (2.39)", item by item.
import type { Page } from './row.ts'

const profile = 'the business profile is set up once, in the cabinet of 1MSG or at Meta; a campaign does not change it'
const commerce = 'the shop window of the account is set up once, in the cabinet of 1MSG or at Meta'
const history = 'Herald keeps its own record of every message; of the history it asks only about one in doubt'

export const onemsg: Page = {
  title: '1MSG',
  source: '"Whatsapp Business API documentation (2.39)"',
  parts: {
    Channel: [
      { item: 'token in the query of every call', at: 'onemsg/api.ts:...query, token' },
      { item: 'Authorize header with the token', at: 'onemsg/config.ts:authorizationHeader' },
      { item: 'profile: read', not: profile },
      {
        item: 'profile: change (about, address, description of 256 characters, email, phone, vertical, photo)',
        not: profile,
      },
      { item: 'statistics of a month (mm.YYYY)', call: 'GET /*/statistics', at: 'onemsg/account.ts:statistics' },
      { item: 'extended statistics', call: 'GET /*/extendedStatistics', at: 'onemsg/account.ts:extendedStatistics' },
      {
        item: 'status: connected, connecting, disconnected, uninitialized, unregistered',
        call: 'GET /*/status',
        at: "onemsg/account.ts:state === 'connected' || state === 'connecting'",
      },
      { item: 'settings: read webhookUrl', at: "onemsg/account.ts:api.get('settings')" },
      {
        item: 'settings: set webhookUrl, or null',
        call: 'POST /*/settings',
        keys: ['ackNotificationsOn', 'webhookUrl'],
        at: 'onemsg/account.ts:webhookUrl: null',
      },
      { item: 'commerce settings: read', not: commerce },
      { item: 'IP address of the channel', call: 'GET /*/outputIP', at: 'onemsg/account.ts:outputIP' },
      {
        item: 'Marketing Messages API (other page)',
        call: 'GET /*/mmLiteStatus',
        at: 'onemsg/account.ts:mmLiteStatus',
      },
    ],
    Webhooks: [
      { item: 'set the address for callbacks', call: 'POST /*/webhook', at: "onemsg/account.ts:api.post('webhook'" },
      { item: 'read the addresses (other page)', call: 'GET /*/webhook', at: "onemsg/account.ts:api.get('webhook')" },
      { item: 'callbacks: messages', at: 'onemsg/webhook.ts:root.messages' },
      { item: 'callbacks: acks', at: 'onemsg/webhook.ts:root.ack' },
      { item: 'acks of one message', call: 'GET /*/hookInfo', at: 'onemsg/look-up.ts:hookInfo' },
    ],
    'What every send has': [
      { item: 'phone, with the country code', keys: ['phone'], at: 'onemsg/driver.ts:function destination' },
      {
        item: 'chatId instead of the phone',
        not: 'exactly one of both is taken, and Herald knows people by their phones',
      },
      { item: 'parameters of POST in a JSON body', at: "onemsg/api.ts:'content-type': 'application/json'" },
      {
        item: 'quotedMsgId (of lists, products, templates: other page)',
        keys: ['quotedMsgId'],
        at: 'onemsg/content.ts:quotedMsgId: replyTo',
      },
      {
        item: 'mentionedPhones',
        not: 'the page names it in the words about texts and captions, and lists no field for it; a mention calls somebody of a group, and Herald writes to one person',
      },
      { item: 'only within an open session, except templates', at: 'onemsg/driver.ts:needsSession: true' },
      { item: 'messages are queued', at: 'onemsg/answers.ts:QUEUED_CODE' },
      { item: 'answer: sent, id', at: 'onemsg/answers.ts:body.sent === true' },
      { item: 'answer: message, description', at: 'onemsg/errors.ts:root.message' },
    ],
    Messaging: [
      {
        item: 'list: body, header, footer, action',
        call: 'POST /*/sendList',
        keys: ['body', 'header', 'footer', 'action'],
        at: "onemsg/content.ts:method: 'sendList'",
      },
      {
        item: 'list: up to 10 sections, titles of 24 characters where there are several',
        keys: ['sections', 'title', 'rows'],
        at: '/domain/content-shape.ts:listSections: 10',
      },
      {
        item: 'list: id of 200 characters, title of 24, description of 72',
        keys: ['id', 'description'],
        at: '/domain/content-shape.ts:rowDescription: 72',
      },
      {
        item: 'buttons: body, header, footer, up to 3',
        call: 'POST /*/sendButton',
        keys: ['type', 'reply'],
        at: "onemsg/content.ts:method: 'sendButton'",
      },
      { item: 'buttons: id of 200 characters', at: 'onemsg/content-problems.ts:BUTTON_ID_MAX = 200' },
      { item: 'buttons: title of 20 characters', at: '/domain/content-shape.ts:buttonTitle: 20' },
      {
        item: 'location request',
        call: 'POST /*/sendLocationRequest',
        at: "onemsg/content.ts:method: 'sendLocationRequest'",
      },
      {
        item: 'reaction: one emoji, or empty to remove it',
        call: 'POST /*/sendReaction',
        at: '/domain/characters.ts:isOneEmoji',
      },
      {
        item: 'file: address, filename, caption',
        call: 'POST /*/sendFile',
        keys: ['filename', 'caption'],
        at: "onemsg/content.ts:method: 'sendFile'",
      },
      {
        item: 'file: base64 or form-data in the message',
        not: '`senders upload` keeps the file once, and messages name it; a file in every message would be sent a million times',
      },
      {
        item: 'file: stored file (other page)',
        keys: ['mediaId', 'mediaType'],
        at: 'onemsg/content.ts:mediaType: type',
      },
      { item: 'text', call: 'POST /*/sendMessage', at: "onemsg/content.ts:method: 'sendMessage'" },
      {
        item: 'location: lat, lng, name, address',
        call: 'POST /*/sendLocation',
        keys: ['lat', 'lng', 'name', 'address'],
        at: "onemsg/content.ts:method: 'sendLocation'",
      },
      {
        item: 'location: the address shows only beside a name',
        at: '/domain/content-whole.ts:people will not see the address',
      },
      {
        item: 'contacts: formatted_name and one more part of the name',
        call: 'POST /*/sendContact',
        keys: ['contacts', 'formatted_name', 'first_name', 'last_name', 'middle_name', 'suffix', 'prefix'],
        at: 'onemsg/content-problems.ts:beside formattedName',
      },
      {
        item: 'contacts: birthday as YYYY-MM-DD',
        keys: ['birthday'],
        at: '/domain/content-shape.ts:is not a day such as',
      },
      {
        item: 'contacts: addresses',
        keys: ['addresses', 'street', 'city', 'state', 'zip', 'country', 'country_code'],
        at: 'message-parts.ts:country_code: countryCode',
      },
      { item: 'contacts: emails, urls', keys: ['emails', 'email', 'urls', 'url'], at: 'message-parts.ts:emails?.map' },
      {
        item: 'contacts: HOME, WORK; phones also CELL, MAIN, IPHONE',
        at: "onemsg/content-problems.ts:phoneKinds = ['CELL', 'MAIN', 'IPHONE', 'HOME', 'WORK']",
      },
      { item: 'contacts: org', keys: ['org', 'company', 'department'], at: 'message-parts.ts:org: org && drop(org)' },
      { item: 'contacts: phones with wa_id', keys: ['phones', 'wa_id'], at: 'message-parts.ts:wa_id: waId' },
      { item: 'history: chatId, min_time, max_time', call: 'GET /*/messages', at: 'onemsg/look-up.ts:min_time' },
      { item: 'history: last, lastMessageNumber, firstMessageNumber, limit, msgId', not: history },
      { item: 'history must be switched on by support', at: 'onemsg/config.ts:lookUpByHistory' },
      { item: 'mark as read', call: 'POST /*/readMessage', keys: ['messageId'], at: 'onemsg/account.ts:readMessage' },
      {
        item: 'sticker, carousel (other pages)',
        keys: ['link', 'cards', 'display_text', 'parameters', 'buttons', 'quick_reply'],
        at: "onemsg/content.ts:method: 'sendCarousel'",
      },
      { item: 'sticker (other page)', call: 'POST /*/sendSticker', at: "onemsg/content.ts:method: 'sendSticker'" },
      { item: 'carousel (other page)', call: 'POST /*/sendCarousel', at: "onemsg/content.ts:method: 'sendCarousel'" },
    ],
    Templates: [
      {
        item: 'send: namespace, template, language of policy and code',
        call: 'POST /*/sendTemplate',
        keys: ['namespace', 'template', 'language', 'policy', 'code'],
        at: "onemsg/template-body.ts:policy: 'deterministic'",
      },
      { item: 'namespace is told by the list of templates', at: 'onemsg/driver.ts:settingsFrom' },
      { item: 'params of header, body, button', keys: ['params'], at: 'onemsg/template-body.ts:function componentsOf' },
      { item: 'params of footer', not: 'the footer of a template takes no value' },
      { item: 'parameter text', keys: ['text'], at: "onemsg/template-body.ts:{ type: 'text', text: value }" },
      {
        item: 'parameter currency: currency_code, amount_1000, fallback_value',
        keys: ['currency', 'currency_code', 'amount_1000', 'fallback_value'],
        at: 'onemsg/template-body.ts:currency_code',
      },
      {
        item: "parameter date_time: component, unix_epoch, fallback_value (what is inside: WhatsApp's older API, whose words the page repeats)",
        keys: ['date_time', 'component', 'year', 'month', 'day_of_month', 'hour', 'minute', 'unix_epoch', 'timestamp'],
        at: 'onemsg/template-body.ts:function momentOf',
      },
      {
        item: 'date_time: day of the week, calendar',
        not: 'the date says the day of the week, and no calendar but the Gregorian is in use',
      },
      {
        item: 'parameter image by link; video and document by id or link; filename',
        keys: ['image', 'video', 'document'],
        at: 'onemsg/header-object.ts:id: header.mediaId',
      },
      {
        item: 'button: sub_type url, quick_reply; index',
        keys: ['sub_type', 'index'],
        at: 'onemsg/template-body.ts:const subTypes',
      },
      {
        item: 'button of the catalogue: thumbnail_product_retailer_id',
        keys: ['thumbnail_product_retailer_id'],
        at: "onemsg/template-body.ts:catalog: 'CATALOG'",
      },
      {
        item: 'coupon code and payload (other page)',
        keys: ['coupon_code', 'payload'],
        at: 'onemsg/template-body.ts:coupon_code',
      },
      {
        item: 'carousel: cards with card_index and components',
        keys: ['card_index', 'components'],
        at: 'onemsg/template-body.ts:card_index',
      },
      { item: 'as many parameters as the template has', at: '/domain/template.ts:function bodyProblems' },
      {
        item: 'validity of a template (other page)',
        keys: ['messageSendTtlSeconds'],
        at: 'onemsg/template-body.ts:const lifeSeconds',
      },
      {
        item: 'create: name, category, components, language',
        call: 'POST /*/addTemplate',
        keys: ['category'],
        at: 'onemsg/templates.ts:addTemplate',
      },
      {
        item: 'create: enums of category and language',
        not: 'the definition goes as it is written: 1MSG and Meta know their lists, which grow',
      },
      { item: 'create: carousel', at: 'onemsg/templates.ts:addTemplate' },
      {
        item: 'remove, which cannot be undone',
        call: 'POST /*/removeTemplate',
        at: 'onemsg/templates.ts:removeTemplate',
      },
      { item: 'list', call: 'GET /*/templates', at: "onemsg/templates.ts:api.get('templates'" },
    ],
    'Products and media': [
      { item: 'commerce settings: set', not: commerce },
      {
        item: 'one product: catalog_id, product_retailer_id, body, footer',
        call: 'POST /*/sendProduct',
        keys: ['catalog_id', 'product_retailer_id'],
        at: "onemsg/content.ts:method: 'sendProduct'",
      },
      {
        item: 'several products in sections, header required',
        keys: ['product_items'],
        at: '/domain/content-whole.ts:needs a header and a text',
      },
      {
        item: 'a catalogue at Facebook first; no products to WhatsApp Business',
        not: 'it is set up once, and a refusal of 1MSG says so',
      },
      { item: 'no header over one product', at: 'onemsg/content-problems.ts:a single product has no header' },
      { item: 'upload of a file as base64', call: 'POST /*/uploadMedia', at: 'onemsg/account.ts:;base64,' },
      {
        item: 'upload by address or as form-data',
        not: 'an operator uploads a file from this machine; an address goes into the message itself',
      },
      { item: 'mediaId', at: 'onemsg/account.ts:mediaId' },
    ],
  },
}
