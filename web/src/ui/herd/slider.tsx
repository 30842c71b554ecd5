import type { Signal } from '@preact/signals';

interface SliderProps {
  readonly name: string;
  readonly value: Signal<number>;
  readonly limits: { readonly least: number; readonly most: number };
  readonly step: number;
  /** The number for people, its unit with it. */
  readonly show: (value: number) => string;
}

/** A number to slide, with its value beside its name. (Not an <output>: the label would be that one's.) */
export function Slider({ name, value, limits, step, show }: SliderProps) {
  return (
    <label class="slider">
      <span class="slider-name">{name}</span> <span class="slider-value number">{show(value.value)}</span>
      <input
        type="range"
        min={limits.least}
        max={limits.most}
        step={step}
        value={value.value}
        aria-valuetext={show(value.value)}
        onInput={(event) => {
          value.value = Number(event.currentTarget.value);
        }}
      />
    </label>
  );
}
