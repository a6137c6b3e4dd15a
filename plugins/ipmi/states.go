package ipmi

import "strings"

// word is what a bit of a sensor without a value means, and how good that is.
type word struct{ text, state string }

// good, odd and bad make words.
func good(text string) word { return word{text, stateOK} }
func odd(text string) word  { return word{text, stateWarning} }
func bad(text string) word  { return word{text, stateCritical} }

// wordsOf returns the meaning of each bit of a sensor: of its own kind, or of
// what it looks after.
func wordsOf(kind, sensorType byte) []word {
	if kind == specificKind {
		return typeWords(sensorType)
	}
	return genericWords(kind)
}

// genericWords are the states that mean the same for whatever sensor.
func genericWords(kind byte) []word {
	switch kind {
	case 0x01:
		return []word{
			odd("lower non-critical going low"), odd("lower non-critical going high"), bad("lower critical going low"),
			bad("lower critical going high"), bad("lower non-recoverable going low"), bad("lower non-recoverable going high"),
			odd("upper non-critical going low"), odd("upper non-critical going high"), bad("upper critical going low"),
			bad("upper critical going high"), bad("upper non-recoverable going low"), bad("upper non-recoverable going high"),
		}
	case 0x02:
		return []word{good("idle"), good("active"), good("busy")}
	case 0x03:
		return []word{good("state deasserted"), good("state asserted")}
	case 0x04:
		return []word{good("predictive failure deasserted"), odd("predictive failure asserted")}
	case 0x05:
		return []word{good("limit not exceeded"), odd("limit exceeded")}
	case 0x06:
		return []word{good("performance met"), odd("performance lags")}
	case 0x07:
		return []word{
			good("ok"), odd("non-critical from ok"), bad("critical from less severe"), bad("non-recoverable from less severe"),
			odd("non-critical from more severe"), bad("critical from non-recoverable"), bad("non-recoverable"), good("monitor"), good("informational"),
		}
	case 0x08:
		return []word{good("absent"), good("present")}
	case 0x09:
		return []word{good("disabled"), good("enabled")}
	case 0x0a:
		return []word{
			good("running"), good("in test"), good("power off"), good("on line"), good("off line"), good("off duty"), odd("degraded"), good("power save"), bad("install error"),
		}
	case 0x0b:
		return []word{
			good("fully redundant"), bad("redundancy lost"), odd("redundancy degraded"), odd("non-redundant: sufficient from redundant"),
			odd("non-redundant: sufficient from insufficient"), bad("non-redundant: insufficient resources"), odd("redundancy degraded from full"),
			odd("redundancy degraded from non-redundant"),
		}
	case 0x0c:
		return []word{good("D0"), good("D1"), good("D2"), good("D3")}
	default:
		return nil
	}
}

// typeWords are the states of sensors that look after one type of thing.
func typeWords(sensorType byte) []word {
	switch sensorType {
	case 0x05:
		return []word{
			odd("chassis opened"), odd("drive bay opened"), odd("I/O card area opened"), odd("processor area opened"), odd("network cable lost"),
			odd("unauthorized dock"), odd("fan area opened"),
		}
	case 0x07:
		return []word{
			bad("internal error"), bad("thermal trip"), bad("self test"), bad("stuck in POST"), bad("startup problem"), bad("configuration problem"),
			bad("uncorrectable error"), good("present"), odd("disabled"), good("terminator present"), odd("throttled"), bad("machine check"), odd("correctable machine check"),
		}
	case 0x08:
		return []word{
			good("present"), bad("failure detected"), odd("predictive failure"), bad("input lost"), bad("input lost or out of range"),
			bad("input out of range"), bad("configuration problem"), good("standby"),
		}
	case 0x09:
		return []word{
			good("power off"), good("power cycle"), good("240 V power down"), bad("interlock power down"), bad("AC lost"), bad("soft-power control failure"),
			bad("power unit failure"), odd("predictive failure"),
		}
	case 0x0c:
		return []word{
			odd("correctable error"), bad("uncorrectable error"), bad("parity"), bad("scrub failed"), odd("device disabled"), odd("correctable error log limit"),
			good("present"), bad("configuration problem"), good("spare"), odd("throttled"), bad("critical overtemperature"),
		}
	case 0x0d:
		return []word{
			good("drive present"), bad("drive fault"), odd("predictive failure"), good("hot spare"), good("consistency check"), bad("in critical array"),
			bad("in failed array"), odd("rebuild in progress"), odd("rebuild aborted"),
		}
	case 0x0f:
		return []word{bad("POST error"), bad("firmware hang"), good("firmware progress")}
	case 0x10:
		return []word{
			odd("correctable memory error logging disabled"), odd("event logging disabled"), good("log cleared"), odd("all event logging disabled"),
			odd("log full"), odd("log almost full"),
		}
	case 0x11:
		return []word{
			bad("BIOS reset"), bad("OS reset"), bad("OS shut down"), bad("OS power down"), bad("OS power cycle"), bad("OS NMI"), bad("OS expired"), odd("OS pre-timeout"),
		}
	case 0x13:
		return []word{
			odd("front panel NMI"), bad("bus timeout"), bad("I/O channel check NMI"), bad("software NMI"), bad("PCI PERR"), bad("PCI SERR"), bad("EISA fail safe timeout"),
			odd("bus correctable error"), bad("bus uncorrectable error"), bad("fatal NMI"), bad("bus fatal error"), odd("bus degraded"),
		}
	case 0x14:
		return []word{good("power button"), good("sleep button"), good("reset button"), good("FRU latch"), good("FRU service")}
	case 0x19:
		return []word{odd("soft power control failure"), bad("thermal trip")}
	case 0x1b:
		return []word{good("connected"), odd("configuration error")}
	case 0x1d:
		return []word{
			good("initiated by power up"), good("initiated by hard reset"), good("initiated by warm reset"), good("user requested PXE boot"),
			good("automatic boot to diagnostic"), good("OS initiated hard reset"), good("OS initiated warm reset"), good("system restart"),
		}
	case 0x20:
		return []word{
			bad("critical stop during boot"), bad("critical stop"), good("graceful stop"), good("graceful shutdown"), bad("PEF initiated shutdown"), odd("agent not responding"),
		}
	case 0x21:
		return []word{
			bad("fault status"), good("identify status"), good("installed"), good("ready for installation"), good("ready for removal"), odd("powered off"),
			good("removal request"), bad("interlock asserted"), odd("disabled"), good("spare"),
		}
	case 0x22:
		return []word{
			good("S0: working"), good("S1: sleeping"), good("S2: sleeping"), good("S3: sleeping"), good("S4: suspended to disk"), good("S5: soft off"),
			good("S4/S5: soft off"), good("G3: mechanical off"), good("sleeping"), good("G1: sleeping"), good("S5: entered by override"), good("legacy on"), good("legacy off"),
		}
	case 0x23:
		return []word{
			odd("timer expired"), bad("hard reset"), bad("power down"), bad("power cycle"), good("reserved"), good("reserved"), good("reserved"), good("reserved"), odd("timer interrupt"),
		}
	case 0x25:
		return []word{good("present"), good("absent"), good("disabled")}
	case 0x28:
		return []word{
			odd("sensor access degraded"), bad("controller access degraded"), odd("controller off line"), bad("controller unavailable"), odd("sensor failure"), odd("FRU failure"),
		}
	case 0x29:
		return []word{odd("low"), bad("failed"), good("present")}
	case 0x2b:
		return []word{
			good("hardware changed"), good("firmware changed"), odd("hardware incompatible"), odd("firmware incompatible"), odd("invalid hardware version"),
			odd("invalid firmware version"), good("hardware changed"), good("firmware changed"),
		}
	default:
		return nil
	}
}

// meaning returns what the bits of a sensor say, and how good that is.
func meaning(kind, sensorType byte, bits uint16) (texts []string, state string) {
	state = stateOK
	for i, w := range wordsOf(kind, sensorType) {
		if bits>>i&1 == 0 {
			continue
		}
		texts = append(texts, w.text)
		state = worse(state, w.state)
	}
	return texts, state
}

// typeName says what a sensor looks after.
func typeName(sensorType byte) string {
	names := strings.Split("reserved,temperature,voltage,current,fan,physical security,platform security,processor,power supply,power unit,"+
		"cooling device,other,memory,drive slot,memory resize,firmware,event logging,watchdog,system event,critical interrupt,button,module,"+
		"microcontroller,add-in card,chassis,chip set,other FRU,cable,terminator,boot,boot problem,OS boot,OS stop,slot,ACPI power state,"+
		"watchdog,platform alert,entity presence,monitor,LAN,management health,battery,session audit,version change,FRU state", ",")
	if int(sensorType) < len(names) {
		return names[sensorType]
	}
	return "OEM"
}
