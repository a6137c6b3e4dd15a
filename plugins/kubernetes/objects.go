package kubernetes

import (
	"encoding/json"
	"math"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
)

// The objects of the API, with those of their fields that are looked at.

type metadata struct {
	Name      string            `json:"name"`
	Namespace string            `json:"namespace"`
	UID       string            `json:"uid"`
	Created   time.Time         `json:"creationTimestamp"`
	Deleted   *time.Time        `json:"deletionTimestamp"`
	Labels    map[string]string `json:"labels"`
	Owners    []struct {
		Kind string `json:"kind"`
		Name string `json:"name"`
	} `json:"ownerReferences"`
}

// owner is the name of the owner of a kind, or "".
func (m metadata) owner(kind string) string {
	for _, owner := range m.Owners {
		if owner.Kind == kind {
			return owner.Name
		}
	}
	return ""
}

// quantity is an amount such as 250m, 1Gi or 123456789n.
type quantity float64

// UnmarshalJSON reads the amount; what is none is not a number.
func (q *quantity) UnmarshalJSON(raw []byte) error {
	*q = quantity(math.NaN())
	const longest = 64
	var text string
	if json.Unmarshal(raw, &text) != nil {
		text = string(raw)
	}
	if len(text) > longest {
		return nil
	}
	if parsed, err := resource.ParseQuantity(text); err == nil && parsed.Sign() >= 0 {
		*q = quantity(exactly(parsed))
	}
	return nil
}

// exactly returns the number that is nearest to an amount: 3800m is 3.8, where the
// library says 3.8000000000000003. What nobody has is left to the library, since
// it can have any number of digits.
func exactly(amount resource.Quantity) float64 {
	const least, most = 1e-9, 1e18
	near := amount.AsApproximateFloat64()
	if near < least || near > most {
		return near
	}
	if value, err := strconv.ParseFloat(amount.AsDec().String(), 64); err == nil {
		return value
	}
	return near
}

// amounts are quantities by the name of the resource.
type amounts map[string]quantity

// of returns an amount, if there is one.
func (a amounts) of(name string) (float64, bool) {
	value, ok := a[name]
	return float64(value), ok && !math.IsNaN(float64(value)) && !math.IsInf(float64(value), 0)
}

type condition struct {
	Type    string    `json:"type"`
	Status  string    `json:"status"`
	Reason  string    `json:"reason"`
	Message string    `json:"message"`
	Since   time.Time `json:"lastTransitionTime"`
}

// is returns the status of a condition: True, False, Unknown or "".
func is(conditions []condition, kind string) string {
	for _, one := range conditions {
		if one.Type == kind {
			return one.Status
		}
	}
	return ""
}

type node struct {
	Metadata metadata `json:"metadata"`
	Spec     struct {
		Unschedulable bool `json:"unschedulable"`
		Taints        []struct {
			Key    string `json:"key"`
			Effect string `json:"effect"`
		} `json:"taints"`
	} `json:"spec"`
	Status struct {
		Capacity    amounts     `json:"capacity"`
		Allocatable amounts     `json:"allocatable"`
		Conditions  []condition `json:"conditions"`
		Info        struct {
			Kubelet      string `json:"kubeletVersion"`
			OS           string `json:"osImage"`
			Kernel       string `json:"kernelVersion"`
			Architecture string `json:"architecture"`
			Runtime      string `json:"containerRuntimeVersion"`
		} `json:"nodeInfo"`
		Addresses []struct {
			Type    string `json:"type"`
			Address string `json:"address"`
		} `json:"addresses"`
	} `json:"status"`
}

type container struct {
	Name          string `json:"name"`
	Image         string `json:"image"`
	RestartPolicy string `json:"restartPolicy"`
	Resources     struct {
		Requests amounts `json:"requests"`
		Limits   amounts `json:"limits"`
	} `json:"resources"`
}

type containerState struct {
	Waiting *struct {
		Reason  string `json:"reason"`
		Message string `json:"message"`
	} `json:"waiting"`
	Running    *struct{} `json:"running"`
	Terminated *struct {
		Reason   string `json:"reason"`
		ExitCode int    `json:"exitCode"`
		Signal   int    `json:"signal"`
		Message  string `json:"message"`
	} `json:"terminated"`
}

type containerStatus struct {
	Name     string         `json:"name"`
	Ready    bool           `json:"ready"`
	Restarts float64        `json:"restartCount"`
	State    containerState `json:"state"`
	Last     containerState `json:"lastState"`
}

type pod struct {
	Metadata metadata `json:"metadata"`
	Spec     struct {
		Node       string      `json:"nodeName"`
		Containers []container `json:"containers"`
		Init       []container `json:"initContainers"`
		Overhead   amounts     `json:"overhead"`
	} `json:"spec"`
	Status struct {
		Phase      string            `json:"phase"`
		Reason     string            `json:"reason"`
		Message    string            `json:"message"`
		Conditions []condition       `json:"conditions"`
		Containers []containerStatus `json:"containerStatuses"`
		Init       []containerStatus `json:"initContainerStatuses"`
	} `json:"status"`
}

// workload is a deployment, stateful set or daemon set.
type workload struct {
	Metadata metadata `json:"metadata"`
	Spec     struct {
		Replicas *float64 `json:"replicas"`
		Template struct {
			Spec struct {
				Containers []container `json:"containers"`
			} `json:"spec"`
		} `json:"template"`
	} `json:"spec"`
	Status struct {
		Ready        float64 `json:"readyReplicas"`
		Available    float64 `json:"availableReplicas"`
		Updated      float64 `json:"updatedReplicas"`
		Unavailable  float64 `json:"unavailableReplicas"`
		Desired      float64 `json:"desiredNumberScheduled"`
		NumberReady  float64 `json:"numberReady"`
		Misscheduled float64 `json:"numberMisscheduled"`
		NotAvailable float64 `json:"numberUnavailable"`
	} `json:"status"`
}

type job struct {
	Metadata metadata `json:"metadata"`
	Status   struct {
		Active     float64     `json:"active"`
		Conditions []condition `json:"conditions"`
		Started    time.Time   `json:"startTime"`
	} `json:"status"`
}

type cronJob struct {
	Metadata metadata `json:"metadata"`
	Spec     struct {
		Schedule string `json:"schedule"`
		Suspend  bool   `json:"suspend"`
	} `json:"spec"`
	Status struct {
		Active  []struct{} `json:"active"`
		Last    *time.Time `json:"lastScheduleTime"`
		Success *time.Time `json:"lastSuccessfulTime"`
	} `json:"status"`
}

type claim struct {
	Metadata metadata `json:"metadata"`
	Spec     struct {
		Class     string `json:"storageClassName"`
		Volume    string `json:"volumeName"`
		Resources struct {
			Requests amounts `json:"requests"`
		} `json:"resources"`
	} `json:"spec"`
	Status struct {
		Phase string `json:"phase"`
	} `json:"status"`
}

type volume struct {
	Metadata metadata `json:"metadata"`
	Status   struct {
		Phase string `json:"phase"`
	} `json:"status"`
}

type ingress struct {
	Metadata metadata `json:"metadata"`
	Spec     struct {
		TLS   []struct{} `json:"tls"`
		Rules []struct {
			Host string `json:"host"`
			HTTP *struct {
				Paths []struct {
					Path    string `json:"path"`
					Backend struct {
						Service struct {
							Name string `json:"name"`
						} `json:"service"`
					} `json:"backend"`
				} `json:"paths"`
			} `json:"http"`
		} `json:"rules"`
	} `json:"spec"`
}

type event struct {
	Metadata metadata `json:"metadata"`
	Object   struct {
		Kind      string `json:"kind"`
		Namespace string `json:"namespace"`
		Name      string `json:"name"`
	} `json:"involvedObject"`
	Reason  string     `json:"reason"`
	Message string     `json:"message"`
	Count   float64    `json:"count"`
	Last    *time.Time `json:"lastTimestamp"`
	Time    *time.Time `json:"eventTime"`
	Series  *struct {
		Count float64    `json:"count"`
		Last  *time.Time `json:"lastObservedTime"`
	} `json:"series"`
}

type usage struct {
	Metadata   metadata `json:"metadata"`
	Usage      amounts  `json:"usage"` // of a node
	Containers []struct {
		Usage amounts `json:"usage"`
	} `json:"containers"` // of a pod
}

type summary struct {
	Pods []struct {
		Ref struct {
			Name      string `json:"name"`
			Namespace string `json:"namespace"`
		} `json:"podRef"`
		Network struct {
			Received    *float64 `json:"rxBytes"`
			Transmitted *float64 `json:"txBytes"`
		} `json:"network"`
		Volumes []struct {
			Used     *float64 `json:"usedBytes"`
			Capacity *float64 `json:"capacityBytes"`
			Claim    *struct {
				Name      string `json:"name"`
				Namespace string `json:"namespace"`
			} `json:"pvcRef"`
		} `json:"volume"`
	} `json:"pods"`
}
