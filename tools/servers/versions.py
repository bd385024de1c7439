"""The one place that says which servers, and which tools that fetch them, are used."""

KAFKA = "4.3.1"
KAFKA_SCALA = "2.13"
KAFKA_LOG4J = "2.24.3"
"""The logging binding beside the broker: without one it runs, but says nothing."""

REGISTRY = "2.6.13.Final"
"""The last line of Apicurio Registry that runs on Java 17."""

POSTGRES = "15"
"""The major version in Debian's package; the minor one is the distribution's."""

NEO4J = "5.26.30"

OPENSEARCH = "2.19.6"
"""The last 2.x whose modules are all published; modules must be of the server's own version."""

JAVA = "17"
MAVEN_DEPENDENCY_PLUGIN = "3.8.1"
