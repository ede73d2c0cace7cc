// Meta's pages of the Cloud API, item by item: sending, callbacks, templates, media and the account.
import { mediaSize, type Page } from './row.ts'

const other = 'a campaign sends what was written once to many people; see docs/providers/meta.md'

export const meta: Page = {
  title: 'Meta (Cloud API)',
  source: 'the pages of the Cloud API from October 2025 to November 2026, graph v25.0',
  parts: {
    Calls: [
      { item: 'send a message', call: 'POST /v25.0/*/messages', at: 'meta/driver.ts:/messages`' },
      { item: 'mark as read', keys: ['status', 'message_id'], at: "meta/account.ts:status: 'read'" },
      { item: 'typing indicator', not: 'a campaign writes to nobody who waits for a line to be typed' },
      {
        item: 'marketing messages (POST …/marketing_messages)',
        not: 'the account needs terms of its own; 131061 and 131063 say so',
      },
      { item: 'upload of a file', call: 'POST /v25.0/*/media', at: 'meta/account.ts:/media`' },
      { item: 'read and delete a file', not: 'Meta forgets it after 30 days' },
      { item: 'state of the number, health_status', call: 'GET /v25.0/*', at: 'meta/account.ts:health_status' },
      {
        item: 'callbacks of the account to our address',
        call: 'POST /v25.0/*/subscribed_apps',
        keys: ['override_callback_uri', 'verify_token'],
        at: 'meta/account.ts:override_callback_uri',
      },
      { item: 'list of templates, by cursor', call: 'GET /v25.0/*/message_templates', at: 'meta/templates.ts:cursors' },
      {
        item: 'create a template',
        call: 'POST /v25.0/*/message_templates',
        keys: ['category', 'example', 'body_text'],
        at: "meta/templates.ts:'POST', path, definition",
      },
      { item: 'delete a template', call: 'DELETE /v25.0/*/message_templates', at: "meta/templates.ts:'DELETE'" },
      { item: 'edit and unpause a template', not: 'done once, in the WhatsApp manager' },
      { item: 'blocked people, message history, usernames, groups, calls', not: other },
    ],
    'What every request has': [
      { item: 'Authorization: Bearer', at: 'meta/graph.ts:Bearer' },
      { item: 'appsecret_proof, where the app demands it', at: 'meta/graph.ts:appsecret_proof=' },
      { item: 'version of the graph as a setting', at: 'meta/config.ts:graphVersion' },
      {
        item: 'messaging_product, recipient_type individual',
        keys: ['messaging_product', 'recipient_type'],
        at: "meta/driver.ts:recipient_type: 'individual'",
      },
      { item: 'to: with + and the country code', keys: ['to'], at: 'meta/driver.ts:to: message.to' },
      {
        item: 'recipient: a business-scoped user id',
        not: 'lists hold phones; an id that a callback tells suppresses its person',
      },
      { item: 'context: a quoted message', keys: ['context'], at: 'meta/content.ts:context: { message_id' },
      {
        item: 'biz_opaque_callback_data, 512 characters',
        keys: ['biz_opaque_callback_data'],
        at: 'meta/driver.ts:biz_opaque_callback_data',
      },
      {
        item: 'recipient_identity_key_hash',
        not: 'identity checks are for single conversations; 137000 tells of them',
      },
    ],
    'Kinds of messages': [
      {
        item: 'text of 4,096 characters, preview_url',
        keys: ['type', 'text', 'body', 'preview_url'],
        at: '/domain/content-shape.ts:text: 4096',
      },
      {
        item: 'image, video, document, audio, sticker by link or id; caption of 1,024; filename of documents',
        keys: ['image', 'video', 'document', 'audio', 'sticker', 'link', 'id', 'caption', 'filename'],
        at: 'meta/content.ts:drop({ id: mediaId, link: url, caption, filename })',
      },
      { item: 'formats of files', at: 'media-types.ts:image/jpeg' },
      { item: 'sizes of files', not: mediaSize },
      {
        item: 'location',
        keys: ['location', 'latitude', 'longitude', 'name', 'address'],
        at: 'meta/content.ts:function place',
      },
      {
        item: 'contacts, formatted_name required',
        keys: ['contacts', 'formatted_name', 'first_name', 'last_name', 'phones', 'phone'],
        at: 'message-parts.ts:formatted_name',
      },
      {
        item: 'reaction, empty to remove it',
        keys: ['reaction', 'emoji'],
        at: 'meta/content.ts:reaction: { message_id',
      },
      {
        item: 'reply buttons: three, titles of 20; header, footer of 60',
        keys: ['interactive', 'action', 'buttons', 'reply', 'title', 'header', 'footer'],
        at: 'meta/content.ts:function replyButton',
      },
      {
        item: 'list: ten rows, titles of 24, descriptions of 72; its button of 20',
        keys: ['button', 'sections', 'rows', 'description'],
        at: 'meta/content.ts:button: content.button',
      },
      { item: 'request of a location', at: 'meta/content.ts:send_location' },
      {
        item: 'carousel of two to ten cards, body of 160',
        keys: ['cards', 'card_index', 'parameters', 'display_text', 'url'],
        at: 'meta/content.ts:function carouselCard',
      },
      {
        item: 'one product, several products',
        keys: ['catalog_id', 'product_retailer_id', 'product_items'],
        at: "meta/content.ts:'product_list'",
      },
      { item: 'single link button, catalogue, flow, contact request, calls, orders', not: other },
    ],
    Templates: [
      {
        item: 'name, language of code',
        keys: ['template', 'language', 'code', 'components'],
        at: 'meta/content.ts:function templateObject',
      },
      {
        item: 'values by place, or by name (parameter_name)',
        keys: ['parameter_name'],
        at: 'meta/content.ts:parameter_name',
      },
      {
        item: 'currency, date_time by its fallback',
        keys: ['currency', 'amount_1000', 'fallback_value', 'date_time'],
        at: 'meta/content.ts:amount_1000',
      },
      { item: 'header of text, file or location', at: 'meta/content.ts:function headerObject' },
      {
        item: 'button url: the value is put behind the address',
        keys: ['sub_type', 'index'],
        at: 'plain-addresses.ts:plainAddressEnd',
      },
      { item: 'button quick_reply: payload', keys: ['payload'], at: 'meta/content.ts:payload: button.value' },
      {
        item: 'button copy_code, 15 characters',
        keys: ['coupon_code'],
        at: 'meta/content.ts:coupon_code: button.value',
      },
      {
        item: 'button catalog',
        keys: ['thumbnail_product_retailer_id'],
        at: 'meta/content.ts:thumbnail_product_retailer_id',
      },
      { item: 'carousel of a template', at: "meta/content.ts:type: 'carousel'" },
      { item: 'limited-time offer, flow, several products', not: other },
      { item: 'message_send_ttl_seconds', not: 'it stands on the template, not in a message' },
      { item: 'as many values as the template has', at: '/domain/template.ts:values' },
    ],
    'Answers and callbacks': [
      { item: 'messages[0].id; contacts[0].user_id', at: 'meta/driver.ts:user_id' },
      { item: 'message_status held_for_quality_assessment, paused', at: 'meta/driver.ts:held_for_quality_assessment' },
      { item: 'error: code, subcode, details', at: 'meta/graph.ts:error_subcode' },
      { item: 'handshake: mode, challenge, verify_token', at: 'meta/webhook.ts:hub.' },
      { item: 'X-Hub-Signature-256 over the raw bytes', at: 'meta/webhook.ts:x-hub-signature-256' },
      { item: 'statuses sent, delivered, read, played, failed', at: "meta/webhook.ts:played: 'read'" },
      { item: 'pricing, conversation', not: 'Herald counts messages, not money' },
      { item: 'inbound: text, button, list, context', at: 'said.ts:list_reply' },
      { item: 'user_preferences: stop, resume', at: 'meta/webhook.ts:user_preferences' },
      { item: 'people without a number: user ids', at: 'meta/webhook.ts:recipient_user_id' },
      {
        item: 'system: user_changed_number, user_changed_user_id; user_id_update',
        at: 'meta/webhook.ts:user_changed_user_id',
      },
      {
        item: 'message_template_status_update, quality, category',
        at: 'meta/webhook.ts:message_template_quality_update',
      },
      { item: 'errors that belong to no message', at: 'meta/webhook.ts:problemItem' },
      {
        item: 'account_update, business_capability_update and others',
        not: 'kept with the callback: their problems come back as codes of messages',
      },
      { item: 'user_actions (clicks)', not: 'Herald asks for no sharing of clicks' },
    ],
    Limits: [
      { item: '80 messages a second for a number', at: '/domain/rate.ts:ratePerSecond' },
      { item: 'one message in 6 seconds to one person', at: '/domain/message-rules.ts:pairIntervalMs' },
      { item: 'messaging limit of the portfolio', at: 'meta/account.ts:whatsapp_business_manager_messaging_limit' },
      { item: 'codes and what they mean', at: 'whatsapp-codes.ts:whatsappCodes' },
    ],
  },
}
