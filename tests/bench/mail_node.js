// nodemailer with its pool, composing per recipient: PORT COUNT FOLDER [sign].  One JSON line.
const nodemailer = require('nodemailer');
const { readFileSync } = require('fs');

const [port, count, folder, sign] = process.argv.slice(2);
const digest = JSON.parse(readFileSync(`${folder}/digest.json`, 'utf8'));
const dkim = sign && {
  domainName: 'embankment.test',
  keySelector: 's1',
  privateKey: readFileSync(`${folder}/rsa.pem`, 'utf8'),
};
const transport = nodemailer.createTransport({
  host: '127.0.0.1',
  port: Number(port),
  pool: true,
  maxConnections: 20,
  maxMessages: Infinity,
  ignoreTLS: true,
  ...(dkim ? { dkim } : {}),
});

const one = number => {
  const leave = `https://embankment.test/unsubscribe/${String(number).padStart(40, '0')}`;
  return transport.sendMail({
    from: 'The Embankment <digest@embankment.test>',
    to: `r${number}@readers.test`,
    subject: digest.subject,
    messageId: `<${number}@embankment.test>`,
    headers: {
      'List-Unsubscribe': `<${leave}>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    },
    text: digest.text.replaceAll('{{ leave }}', leave),
    html: digest.html.replaceAll('{{ leave }}', leave),
    textEncoding: 'base64',
  });
};

(async () => {
  let next = 0;
  const lines = Array.from({ length: 40 }, async () => {
    while (next < Number(count)) await one(next++);
  });
  const began = process.hrtime.bigint();
  await Promise.all(lines);
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  transport.close();
  console.log(JSON.stringify({ seconds }));
})();
