// Drives Debian's Chromium for a test: reads a line of JSON with a piece of script, runs it with `page` (Playwright) at
// hand, answers a line of JSON. What the page asked for elsewhere, its dialogs and its mistakes are kept for the test.
import { createRequire } from "node:module";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";

const [, , programs, home] = process.argv;
const require = createRequire(`${programs}/`);
const { chromium } = require("playwright-core");
const axe = require.resolve("axe-core/axe.min.js");
const profile = mkdtempSync(`${home}/profile-`);

const context = await chromium.launchPersistentContext(profile, {
  executablePath: "/usr/bin/chromium",
  headless: true,
  locale: "nl-NL",
  timezoneId: "Europe/Amsterdam",
  viewport: { width: 1280, height: 800 },
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
  ],
});
context.setDefaultTimeout(60_000);
// As over a slow line, so many milliseconds an answer: what works only when its script is there at once fails here.
const slow = Number(process.env.POSTKAMER_SLOW_LINE ?? 0);
if (slow > 0) {
  await context.route("**/*", async (route) => {
    await new Promise((done) => setTimeout(done, slow * (0.5 + Math.random())));
    // The page may have gone on meanwhile.
    await route.continue().catch(() => {});
  });
}
const page = context.pages()[0] ?? (await context.newPage());
const seen = { requests: [], dialogs: [], mistakes: [] };
context.on("request", (request) => seen.requests.push(request.url()));
page.on("dialog", async (dialog) => {
  seen.dialogs.push(dialog.message());
  await dialog.dismiss();
});
page.on("pageerror", (error) => seen.mistakes.push(String(error)));
page.on("console", (message) => {
  if (message.type() === "error") seen.mistakes.push(message.text());
});

// What axe finds on the page as it is now, in all its rules or in the one of colours: one line a finding.
const TAGS = { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };
const COLOURS = { type: "rule", values: ["color-contrast"] };
async function findings(onlyColours = false) {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(readFileSync(axe, "utf8"));
  const asked = { runOnly: onlyColours ? COLOURS : TAGS, resultTypes: ["violations"], preload: false };
  const found = await page.evaluate((asked) => globalThis.axe.run(document, asked), asked);
  return found.violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")}: ${node.failureSummary.replaceAll("\n", " ")}`));
}

const AsyncFunction = (async () => {}).constructor;
console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const { script, given } = JSON.parse(line);
    const run = new AsyncFunction("page", "context", "seen", "findings", "given", script);
    answer = { value: (await run(page, context, seen, findings, given)) ?? null };
  } catch (error) {
    answer = { error: String(error?.stack ?? error) };
  }
  console.log(JSON.stringify(answer));
}
await context.close();
rmSync(profile, { recursive: true, force: true });
