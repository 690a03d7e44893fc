// Mailgun's own client library works on the simulator: what it can't read is not Mailgun. It writes down what it found as
// JSON, for a test to judge.
import { createRequire } from 'node:module'

const [programs, url, key, hook] = process.argv.slice(2)
const load = createRequire(`${programs}package.json`)
const FormData = load('form-data')
const library = load('mailgun.js')
const Mailgun = library.default ?? library

const client = (key) => new Mailgun(FormData).client({ username: 'api', key, url })
const mailgun = client(key)
const domain = 'mg.voorbeeld.test'
const found = {}
// The library tells of what it calls deprecated on the same line that a test reads.
console.log = () => {}
console.warn = () => {}

const refused = async (what) => {
  try {
    await what
    return null
  } catch (error) {
    return { status: error.status, details: error.details ?? error.message }
  }
}

found.domains = (await mailgun.domains.list()).map((one) => one.name)
const shown = await mailgun.domains.get(domain)
found.domain = { state: shown.state, sending: shown.sending_dns_records.length, receiving: shown.receiving_dns_records.length }
found.new = (await mailgun.domains.verify('nieuw.voorbeeld.test')).state
found.unknown = await refused(mailgun.domains.get('elders.test'))

const route = await mailgun.routes.create({
  priority: 0,
  description: 'proef',
  expression: `match_recipient(".*@${domain}")`,
  action: [`forward("${hook}/parts")`, `forward("${hook}/mime")`, `store(notify="${hook}/stored")`, 'stop()'],
})
found.route = { id: route.id, actions: route.actions.length }
found.routes = (await mailgun.routes.list({})).length
await mailgun.webhooks.create(domain, 'delivered', `${hook}/events`)
await mailgun.webhooks.create(domain, 'permanent_fail', `${hook}/events`)
found.webhooks = Object.keys(await mailgun.webhooks.list(domain, {})).sort()

const raw = 'Message-ID: <een@voorbeeld.test>\r\nFrom: info@voorbeeld.test\r\nTo: els@klant.test\r\nSubject: Offerte\r\n\r\nDag!\r\n'
found.mime = await mailgun.messages.create(domain, { to: ['els@klant.test', 'weg@klant.test'], message: raw, 'v:pk-id': 'out_1' })
found.parts = await mailgun.messages.create(domain, {
  from: 'Els <els@klant.test>',
  to: [`info@${domain}`],
  subject: 'Vraag',
  text: 'Hoe laat?',
  html: '<p>Hoe laat?</p>',
  attachment: { data: Buffer.from('bestek'), filename: 'bestek.txt' },
})

const first = await mailgun.events.get(domain, { limit: 2, ascending: 'yes' })
const next = await mailgun.events.get(domain, { page: first.pages.next.page })
found.events = [first, next].map((page) => page.items.map((item) => `${item.event} ${item.recipient}`))
found.byId = (await mailgun.events.get(domain, { 'message-id': 'een@voorbeeld.test' })).items.length
const logs = await mailgun.logs.list({
  start: new Date(Date.now() - 3600e3),
  end: new Date(Date.now() + 60e3),
  events: ['delivered', 'failed'],
  filter: { AND: [{ attribute: 'domain', comparator: '=', values: [{ label: domain, value: domain }] }] },
  pagination: { sort: 'timestamp:asc', limit: 10 },
})
found.logs = logs.items.map((item) => `${item.event} ${item.recipient} ${item['@timestamp'] instanceof Date}`)

found.key = await refused(client('een-ander').domains.list())
found.unverified = await refused(mailgun.messages.create('nog.voorbeeld.test', { to: ['a@b.test'], message: raw }))
await mailgun.routes.destroy(route.id)
found.left = (await mailgun.routes.list({})).length
process.stdout.write(JSON.stringify(found))
