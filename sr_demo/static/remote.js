// The worker, as a function that promises the answer.

export default class Remote {
  constructor(worker) {
    this.worker = worker;
    this.asked = new Map();                       // id -> {resolve, reject, hear}
    this.count = 0;
    worker.addEventListener('message', ({ data }) => this.take(data));
    worker.addEventListener('error', (event) => {   // it could not begin, or ran out of memory
      for (const { reject } of this.asked.values()) {
        reject(new Error(event.message || 'This browser cannot start the computation.'));
      }
      this.asked.clear();
    });
  }

  // {answer, cancel}: `hear` is told the news before the answer; a cancelled answer never comes.
  ask(question, details, hear = () => {}) {
    this.count += 1;
    const id = this.count;
    const answer = new Promise((resolve, reject) => {
      this.asked.set(id, { resolve, reject, hear });
    });
    this.worker.postMessage({ id, question, details });
    return { answer, cancel: () => this.worker.postMessage({ cancel: id }) };
  }

  take({ id, news, answer, error, cancelled }) {
    const question = this.asked.get(id);
    if (!question) return;
    if (news) return question.hear(news);
    this.asked.delete(id);
    if (error) question.reject(new Error(error));
    else if (!cancelled) question.resolve(answer);
  }
}
