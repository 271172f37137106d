package extract

import (
	"context"
	"io"
	"net/http"
	"time"
)

// watch ends a request on which no byte moved for too long: a black hole, a
// half-closed connection. A slow stream that moves is left to the deadline.
type watch struct {
	idle   time.Duration
	timer  *time.Timer
	cancel context.CancelCauseFunc
}

func newWatch(ctx context.Context, idle time.Duration) (context.Context, *watch) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watch{idle: idle, cancel: cancel}
	w.timer = time.AfterFunc(idle, func() { cancel(errStalled) })
	return ctx, w
}

func (w *watch) stop() {
	w.timer.Stop()
	w.cancel(nil)
}

// guard counts each read of the body as a sign of life.
func (w *watch) guard(resp *http.Response) {
	w.timer.Reset(w.idle)
	resp.Body = &watched{resp.Body, w}
}

type watched struct {
	io.ReadCloser
	w *watch
}

func (b *watched) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		b.w.timer.Reset(b.w.idle)
	}
	return n, err
}
