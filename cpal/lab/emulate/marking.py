"""What marks packets in Arista's and Cisco's words: classes of them, and policies that say what each class gets.

A policy asks its classes in the order in which they were written; that of all that is in no other comes last, and EOS
shows it in every policy. Source: Arista EOS user manual, "Traffic Management"; Cisco Nexus 9000 Series NX-OS Quality of
Service Configuration Guide, "Configuring Classification", "Configuring Marking"; Cisco IOS Quality of Service Solutions
Command Reference, `class-map`, `policy-map`, `set dscp`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ARISTA: Final[Mapping[str, str]] = {
    "marking": """
class-map type qos match-any <class> {section}
   match ip access-group = <name>
   match dscp = <dscp>
policy-map type quality-of-service <class> {section} {with class class-default}
   class <class> {section} {in order}
      @set
   class class-default {section}
      @set
""",
    "set": """
set cos = <number>
set dscp = <dscp>
set (traffic-class|drop-precedence) = <number>
""",
}
NEXUS: Final[Mapping[str, str]] = {
    "marking": """
class-map type qos (match-any|match-all) <class> {section}
   match access-group name <name>
   match dscp <dscp>
   match cos = <number>
policy-map type qos <class> {section}
   class <class> {section} {in order}
      @set
   class class-default {section}
      @set
""",
    "set": """
set (cos|qos-group) = <number>
set dscp = <dscp>
""",
}
CISCO: Final[Mapping[str, str]] = {
    "marking": """
class-map (match-any|match-all) <class> {section}
   match access-group name <name>
   match [ip] dscp <dscp>
policy-map <class> {section}
   class <class> {section} {in order}
      @set
   class class-default {section}
      @set
""",
    "set": """
set cos = <number>
set [ip] dscp = <dscp>
""",
}
