// What keys do in an input of commands.

import type { Signal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useRef } from 'preact/hooks';
import { playNext, say } from '../../app/actions.js';
import { CLIENTS } from '../../app/clients.js';
import { dialog } from '../../app/state.js';
import type { Suggestion } from '../../app/suggest.js';
import { takesValue, withLength, withPlaceForLength } from '../../app/value-length.js';
import type { InputModel } from './model.js';
import { Recall } from './recall.js';

interface Parts {
  readonly model: InputModel;
  readonly area: RefObject<HTMLTextAreaElement | null>;
  readonly caret: Signal<number>;
  /** The suggestion that keys have chosen. */
  readonly chosen: Signal<number | undefined>;
  readonly options: readonly Suggestion[];
  readonly onLeave: (() => void) | undefined;
}

const firstLine = (text: string): string => text.split('\n', 1)[0]!;

/** A space behind what was taken, if something can follow it. */
const spaceFor = (option: Suggestion, tail: string): string =>
  option.insert.endsWith(' ') && !tail.startsWith('\n') ? ' ' : '';

/** One for each input; `parts` are those of the last rendering. */
class InputKeys {
  parts!: Parts;
  /** The length follows the value, until somebody edits the first line. */
  #fills = false;
  readonly #recall = new Recall();

  /** Enter: begins a value, sends, or plays the next step. `anyway`: sends a value that is not complete. */
  readonly enter = (anyway: boolean): void => {
    const { model, caret } = this.parts;
    const text = model.text.value;
    if (text.trim() === '') {
      if (model.id === 'console') playNext();
      return;
    }
    if (!anyway && this.#beginValue()) return;
    if (!anyway && model.ghost.value?.incomplete && text.includes('\n')) return;
    const fault = model.submit(anyway);
    if (fault !== undefined) say(fault);
    this.#fills = false;
    this.#recall.reset();
    caret.value = model.text.value.length;
  };

  readonly input = (event: Event): void => {
    const { model, caret, chosen } = this.parts;
    const { value, selectionStart } = event.currentTarget as HTMLTextAreaElement;
    if (firstLine(value) !== firstLine(model.text.value) || !value.includes('\n')) this.#fills = false;
    const text = this.#fills ? withLength(value) : value;
    chosen.value = undefined;
    this.#recall.reset();
    if (text === value) {
      model.text.value = value;
      caret.value = selectionStart;
    } else {
      this.#put(text, selectionStart + text.length - value.length);
    }
  };

  readonly take = (option: Suggestion): void => {
    const { model, chosen, area } = this.parts;
    const text = model.text.value;
    const tail = text.slice(option.to).replace(/^ /, option.insert.endsWith(' ') ? '' : ' ');
    const atEnd = tail === '' || tail.startsWith('\n');
    const insert = atEnd ? option.insert.trimEnd() + spaceFor(option, tail) : option.insert;
    this.#put(text.slice(0, option.from) + insert + tail, option.from + insert.length);
    chosen.value = undefined;
    area.current?.focus();
  };

  readonly down = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    const done =
      this.#help(event) ||
      this.#chips(event) ||
      this.#speaker(event) ||
      this.#history(event) ||
      this.#entered(event) ||
      this.#escaped(event);
    if (done) event.preventDefault();
  };

  readonly selected = (event: Event): void => {
    this.parts.caret.value = (event.currentTarget as HTMLTextAreaElement).selectionStart;
  };

  /** Puts text and caret into the input at once, so that what follows sees them. */
  #put(text: string, at: number): void {
    const { model, area, caret } = this.parts;
    model.text.value = text;
    caret.value = at;
    if (!area.current) return;
    area.current.value = text;
    area.current.setSelectionRange(at, at);
  }

  /** Starts the value behind a line that needs one. Tells whether it did. */
  #beginValue(): boolean {
    const { model } = this.parts;
    const text = model.text.value;
    if (text.includes('\n')) return false;
    const filled = withPlaceForLength(text);
    this.#fills = filled !== undefined;
    const needsValue = takesValue(text) && model.ghost.value?.needBytes !== undefined;
    if (filled === undefined && !needsValue) return false;
    const line = filled ?? text;
    this.#put(`${line}\n`, line.length + 1);
    return true;
  }

  /** No command begins with "?". */
  #help(event: KeyboardEvent): boolean {
    if (event.key !== '?' || this.parts.model.text.value !== '') return false;
    dialog.value = 'keys';
    return true;
  }

  #chips(event: KeyboardEvent): boolean {
    const { chosen, options } = this.parts;
    const at = chosen.value;
    if (event.key === ' ' && event.ctrlKey) {
      chosen.value = options.length > 0 ? 0 : undefined;
      return true;
    }
    if (at === undefined || options.length === 0) return false;
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1 }[event.key];
    if (step !== undefined) chosen.value = (at + step + options.length) % options.length;
    else if (event.key === 'Enter' && options[at]) this.take(options[at]);
    else if (event.key === 'Escape' || event.key === 'ArrowUp') chosen.value = undefined;
    else return false;
    return true;
  }

  #speaker(event: KeyboardEvent): boolean {
    // By the key's place: with Alt it types something else on a Mac.
    const digit = event.altKey ? /^Digit([1-4])$/.exec(event.code)?.[1] : undefined;
    const name = digit && CLIENTS[Number(digit) - 1];
    if (name) this.parts.model.speaker.value = name;
    return Boolean(name);
  }

  #history(event: KeyboardEvent): boolean {
    const text = this.parts.model.text.value;
    const at = this.parts.area.current?.selectionStart ?? 0;
    if (event.altKey || event.shiftKey || event.ctrlKey) return false;
    const up = event.key === 'ArrowUp' && !text.slice(0, at).includes('\n');
    const back = event.key === 'ArrowDown' && !text.slice(at).includes('\n');
    const found = up ? this.#recall.earlier(text) : back ? this.#recall.later() : undefined;
    if (found !== undefined) this.#put(found, found.length);
    else if (back && this.parts.options.length > 0) this.parts.chosen.value = 0;
    else return false;
    return true;
  }

  #entered(event: KeyboardEvent): boolean {
    if (event.key !== 'Enter' || event.shiftKey) return false;
    this.enter(event.ctrlKey || event.metaKey);
    return true;
  }

  #escaped(event: KeyboardEvent): boolean {
    if (event.key !== 'Escape') return false;
    if (this.parts.onLeave) this.parts.onLeave();
    else this.parts.area.current?.blur();
    return true;
  }
}

export function useInputKeys(parts: Parts): InputKeys {
  const keys = useRef<InputKeys | undefined>(undefined);
  keys.current ??= new InputKeys();
  keys.current.parts = parts;
  return keys.current;
}
