// Sends messages with nodemailer over a pool of connections and prints the seconds it took.
// Arguments: folder with node_modules, port, how many, how many at a time, bytes of text.
import { createRequire } from "node:module";

const [home, port, count, atATime, size] = process.argv.slice(2);
const nodemailer = createRequire(`${home}/`)("nodemailer");
const transport = nodemailer.createTransport({
  host: "127.0.0.1",
  port: Number(port),
  pool: true,
  maxConnections: Number(atATime),
  maxMessages: Infinity,
  ignoreTLS: true,
});
const text = "x".repeat(60).concat("\n").repeat(Math.ceil(Number(size) / 61));
const begin = process.hrtime.bigint();
const letters = Array.from({ length: Number(count) }, (_, number) => ({
  from: "anna@voorbeeld.test",
  to: `klant${number}@elders.test`,
  subject: `Bericht ${number}`,
  text,
}));
await Promise.all(letters.map((letter) => transport.sendMail(letter)));
console.log(Number(process.hrtime.bigint() - begin) / 1e9);
transport.close();
