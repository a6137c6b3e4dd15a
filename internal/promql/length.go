package promql

import (
	"time"

	"github.com/prometheus/common/model"
)

// short writes a length of time as queries do: 5m, 1h30m.
func short(d time.Duration) string { return model.Duration(d).String() }
