/** Room for so much at a time. Who finds none waits, and gets in in the order of asking; what is larger than the whole room gets in alone. */
export class Room {
  readonly #size: number;
  readonly #waiting: { readonly amount: number; readonly enter: () => void }[] = [];
  #taken = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** Does the work when there is room for it. */
  async within<Done>(amount: number, work: () => Promise<Done>): Promise<Done> {
    const held = Math.min(amount, this.#size);
    await this.#enter(held);
    try {
      return await work();
    } finally {
      this.#taken -= held;
      this.#letIn();
    }
  }

  async #enter(amount: number): Promise<void> {
    if (this.#waiting.length === 0 && this.#taken + amount <= this.#size) {
      this.#taken += amount;
      return;
    }
    await new Promise<void>((enter) => this.#waiting.push({ amount, enter }));
  }

  #letIn(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#taken + next.amount <= this.#size; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#taken += next.amount;
      next.enter();
    }
  }
}
