export { runProgram } from './program.ts';
export { PLAIN, type Style } from './format/text.ts';
export { type Screen } from './screen.ts';
