"""Opens an OGC API, its layer definition and its project in QGIS without a window, and prints what it understood.

    python project.py ADDRESS DEFINITION PROJECT
"""

import json
import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (  # noqa: E402  QGIS reads the platform when it is loaded
    Qgis,
    QgsApplication,
    QgsFeatureRequest,
    QgsLayerDefinition,
    QgsLayerTreeGroup,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QEventLoop, QSize  # noqa: E402

address, definition, whole = sys.argv[1:]
application = QgsApplication([], False)
application.initQgis()


def layer(name):
    source = f"pagingEnabled='true' restrictToRequestBBOX='1' typename='{name}' url='{address}'"
    return QgsVectorLayer(source, name, "OAPIF")


def codes(layer, request=None):
    found = layer.getFeatures(request or QgsFeatureRequest())
    return sorted(one["code"] for one in found)


def colours(layer):
    """How many colours a picture of the city's middle has, as the layer is defined but for its words."""
    layer.setLabelsEnabled(False)
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setOutputSize(QSize(600, 600))
    settings.setExtent(QgsRectangle(109.46, 36.56, 109.51, 36.61))
    settings.setFlag(QgsMapSettings.Antialiasing, False)
    job, loop = QgsMapRendererParallelJob(settings), QEventLoop()
    job.finished.connect(loop.quit)
    job.start()
    loop.exec_()
    picture = job.renderedImage()
    return len({picture.pixel(x, y) for x in range(0, 600, 3) for y in range(0, 600, 3)})


box = QgsFeatureRequest().setFilterRect(QgsRectangle(109.47, 36.57, 109.50, 36.60))
schools, zones = layer("schools"), layer("zones")
project = QgsProject.instance()
loaded, words = QgsLayerDefinition.loadLayerDefinition(
    definition, project, project.layerTreeRoot()
)
told = {
    "qgis": Qgis.QGIS_VERSION,
    "valid": [schools.isValid(), zones.isValid(), layer("nothing").isValid()],
    "fields": [field.name() for field in zones.fields()],
    "zones": codes(zones),
    "within": codes(schools, box),
    "loaded": [loaded, words],
    "drawn": {
        one.name(): [one.isValid(), one.source(), one.renderer().type()]
        for one in project.mapLayers().values()
    },
    "labelled": [
        one.name()
        for one in project.mapLayers().values()
        if isinstance(one, QgsVectorLayer) and one.labelsEnabled()
    ],
    "colours": colours(project.mapLayersByName("Responsibility zones")[0]),
    "shown": [
        node.name()
        for node in project.layerTreeRoot().findLayers()
        if node.itemVisibilityChecked()
    ],
}
project.clear()
opened = project.read(whole)
root, view = project.layerTreeRoot(), project.viewSettings().defaultViewExtent()
told["project"] = {
    "opened": [opened, project.error()],
    "title": project.title(),
    "crs": project.crs().authid(),
    "view": [view.xMinimum(), view.yMinimum(), view.xMaximum(), view.yMaximum()],
    "view_crs": view.crs().authid(),
    "groups": {
        group.name(): [node.name() for node in group.findLayers()]
        for group in root.children()
        if isinstance(group, QgsLayerTreeGroup)
    },
    "drawn": {
        one.name(): [one.isValid(), one.source(), one.renderer().type(), one.crs().authid()]
        for one in project.mapLayers().values()
    },
    "labelled": [
        one.name()
        for one in project.mapLayers().values()
        if isinstance(one, QgsVectorLayer) and one.labelsEnabled()
    ],
    "shown": [node.name() for node in root.findLayers() if node.itemVisibilityChecked()],
}
print(json.dumps(told))
# Its own end waits for what is read in the background.
sys.stdout.flush()
os._exit(0)
