// measure.mjs URL COOKIE: what Lighthouse thinks of a page, as it sees it at a desk and on a telephone; JSON on one line.
import { launch } from "chrome-launcher";
import lighthouse, { desktopConfig } from "lighthouse";

const [url, cookie] = process.argv.slice(2);
const chrome = await launch({
  chromePath: process.env.CHROME_PATH ?? "/usr/bin/chromium",
  chromeFlags: ["--headless=new", "--no-sandbox", "--disable-gpu"],
});
const found = {};
try {
  for (const [where, config] of [["desk", desktopConfig], ["telephone", undefined]]) {
    const options = {
      port: chrome.port,
      onlyCategories: ["performance", "accessibility", "best-practices"],
      extraHeaders: { Cookie: cookie },
      // The cookie is the session: it stays.
      disableStorageReset: true,
    };
    const { lhr } = await lighthouse(url, options, config);
    if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
    for (const [name, { score }] of Object.entries(lhr.categories)) found[`${where}_${name}`] = Math.round(score * 100);
    for (const audit of Object.values(lhr.audits)) {
      if (audit.score !== null && audit.score < 0.9) console.error(`${where}: ${audit.id}: ${audit.title} ${audit.displayValue ?? ""}`);
    }
  }
} finally {
  await chrome.kill();
}
console.log(JSON.stringify(found));
