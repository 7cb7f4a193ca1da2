// Sends letters as most users of nodemailer do: a pool, one message object each.
// node nodemailer.js MODULES EDITION PORT CONNECTIONS LETTERS
const [modules, edition, port, connections, letters] = process.argv.slice(2);
const nodemailer = require(`${modules}/nodemailer`);
const { subject, html, text } = require(edition);

const transport = nodemailer.createTransport({
  host: "127.0.0.1", port: Number(port), secure: false, ignoreTLS: true,
  pool: true, maxConnections: Number(connections), maxMessages: Infinity,
});

const message = (number) => {
  const fill = (body) => body
    .replaceAll("zz0unsubscribe0url0zz", `https://lettre.example.org/u/${number}`)
    .replaceAll("zz0web0url0zz", `https://lettre.example.org/v/${number}`)
    .replaceAll("zz0recipient0name0zz", `Prévention n° ${number}`);
  return {
    from: '"Efus" <newsletter@efus.example.org>',
    to: `"Prévention n° ${number}" <reader${number}@example.org>`,
    subject, html: fill(html), text: fill(text),
    messageId: `<${number}@efus.example.org>`,
    list: { unsubscribe: { url: `https://lettre.example.org/u/${number}` } },
  };
};

const start = process.hrtime.bigint();
const used = process.cpuUsage();
let next = 0;
const work = async () => {
  while (next < Number(letters)) await transport.sendMail(message(next++));
};
Promise.all(Array.from({ length: 2 * Number(connections) }, work)).then(() => {
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const { user, system } = process.cpuUsage(used);
  const { maxRSS } = process.resourceUsage();
  transport.close();
  console.log(JSON.stringify({
    letters: Number(letters), seconds, cpu_seconds: (user + system) / 1e6, peak_mb: maxRSS / 1024,
  }));
});
