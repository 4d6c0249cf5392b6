// The questions as promptfoo's tests: one assertion grades the letter; `metadata` keeps their names.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const asked = process.env.ASKED?.split(',');
const concise = { type: 'javascript', value: 'output.length < 100', metric: 'concise' };

module.exports = () =>
  readFileSync(join(__dirname, 'questions.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ id }) => !asked || asked.includes(id))
    .map(({ id, topic, question, choices, answer }) => ({
      description: id,
      vars: { question, options: choices.map((text, place) => `${'ABCD'[place]}) ${text}`).join('\n') },
      assert: [{ type: 'icontains', value: `ANSWER: ${answer}`, metric: 'letter' }, ...(process.env.CONCISE ? [concise] : [])],
      metadata: { id, topic },
    }));
