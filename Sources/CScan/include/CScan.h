#include "members.h"
#include "object.h"
#include "scan.h"
