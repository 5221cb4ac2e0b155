<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="ko_KR">
<context>
    <name>StrokeBiomarkersLib.candidatereview</name>
    <message>
        <source>Core</source>
        <translation>코어</translation>
    </message>
    <message>
        <source>No.</source>
        <translation>번호</translation>
    </message>
    <message>
        <source>mL</source>
        <translation>mL</translation>
    </message>
    <message>
        <source>ADC</source>
        <translation>ADC</translation>
    </message>
    <message>
        <source>Side</source>
        <translation>쪽</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>이유</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.corepanel</name>
    <message>
        <source>unknown</source>
        <translation>모름</translation>
    </message>
    <message>
        <source>No case is open</source>
        <translation>열린 증례가 없습니다</translation>
    </message>
    <message>
        <source>An image or the segmentation was removed from the scene: compute again.</source>
        <translation>영상 또는 분할이 장면에서 제거되었습니다. 다시 계산하십시오.</translation>
    </message>
    <message>
        <source>Canceled; nothing was changed.</source>
        <translation>취소되었습니다. 바뀐 것은 없습니다.</translation>
    </message>
    <message>
        <source>Compute the core of this case ({key})</source>
        <translation>이 증례의 코어를 계산합니다 ({key})</translation>
    </message>
    <message>
        <source>Sign and write the record ({key})</source>
        <translation>기록에 서명하고 저장합니다 ({key})</translation>
    </message>
    <message>
        <source>Unexpected failure; nothing was changed.</source>
        <translation>예기치 않은 오류가 발생했습니다. 바뀐 것은 없습니다.</translation>
    </message>
    <message>
        <source>Written to {folder}</source>
        <translation>{folder}에 저장했습니다</translation>
    </message>
    <message>
        <source>Packages are missing: {names}</source>
        <translation>필요한 패키지가 없습니다: {names}</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.coretexts</name>
    <message>
        <source>Waits for a case: choose a folder and open it</source>
        <translation>증례가 필요합니다. 폴더를 선택하고 여십시오</translation>
    </message>
    <message>
        <source>This case may not be measured</source>
        <translation>이 증례는 측정할 수 없습니다</translation>
    </message>
    <message>
        <source>Waits for a series that can be measured</source>
        <translation>측정할 수 있는 시리즈가 필요합니다</translation>
    </message>
    <message>
        <source>Waits for a DWI series with b0 and b about 1000, or an ADC map with its DWI</source>
        <translation>b0과 b 약 1000이 있는 DWI 시리즈, 또는 ADC 맵과 그 DWI가 필요합니다</translation>
    </message>
    <message>
        <source>Waits for a measured case: compute first</source>
        <translation>측정된 증례가 필요합니다. 먼저 계산하십시오</translation>
    </message>
    <message>
        <source>The core cannot be read: undo the last change, or compute again</source>
        <translation>코어를 읽을 수 없습니다. 마지막 변경을 되돌리거나 다시 계산하십시오</translation>
    </message>
    <message>
        <source>Waits for the code of the reader</source>
        <translation>판독자 코드가 필요합니다</translation>
    </message>
    <message>
        <source>The core is empty: confirm that there is none</source>
        <translation>코어가 비어 있습니다. 코어가 없음을 확인하십시오</translation>
    </message>
    <message>
        <source>Waits for an output folder</source>
        <translation>출력 폴더가 필요합니다</translation>
    </message>
    <message>
        <source>The output folder is a file: choose a folder</source>
        <translation>출력 폴더가 파일입니다. 폴더를 선택하십시오</translation>
    </message>
    <message>
        <source>The output folder cannot be written: choose another; no edit is lost</source>
        <translation>출력 폴더에 쓸 수 없습니다. 다른 폴더를 선택하십시오. 편집은 그대로 남아 있습니다</translation>
    </message>
    <message>
        <source>Waits for the work that is under way</source>
        <translation>진행 중인 작업이 끝나기를 기다립니다</translation>
    </message>
    <message>
        <source>Auditing the geometry</source>
        <translation>기하 구조 점검 중</translation>
    </message>
    <message>
        <source>Reading images</source>
        <translation>영상 읽는 중</translation>
    </message>
    <message>
        <source>Aligning images</source>
        <translation>영상 정렬 중</translation>
    </message>
    <message>
        <source>Computing the ADC</source>
        <translation>ADC 계산 중</translation>
    </message>
    <message>
        <source>Finding the brain</source>
        <translation>뇌 찾는 중</translation>
    </message>
    <message>
        <source>Finding candidates</source>
        <translation>후보 찾는 중</translation>
    </message>
    <message>
        <source>Computing the interval</source>
        <translation>구간 계산 중</translation>
    </message>
    <message>
        <source>Measuring</source>
        <translation>측정 중</translation>
    </message>
    <message>
        <source>Showing the result</source>
        <translation>결과 표시 중</translation>
    </message>
    <message>
        <source>Reading files</source>
        <translation>파일 읽는 중</translation>
    </message>
    <message>
        <source>not used</source>
        <translation>사용 안 함</translation>
    </message>
    <message>
        <source>may be measured</source>
        <translation>측정 가능</translation>
    </message>
    <message>
        <source>may be measured, with a note</source>
        <translation>주의와 함께 측정 가능</translation>
    </message>
    <message>
        <source>is refused</source>
        <translation>측정 거부</translation>
    </message>
    <message>
        <source>No core measured yet</source>
        <translation>아직 측정된 코어가 없습니다</translation>
    </message>
    <message>
        <source>{slices} slices, tilt {tilt:.1f} degrees, effect on volume {effect:+.1f} %</source>
        <translation>슬라이스 {slices}장, 기울기 {tilt:.1f}도, 부피에 미치는 영향 {effect:+.1f} %</translation>
    </message>
    <message>
        <source>Infarct core {volume:.2f} mL ({lower:.2f} to {upper:.2f})</source>
        <translation>경색 코어 {volume:.2f} mL ({lower:.2f}~{upper:.2f})</translation>
    </message>
    <message>
        <source>DWI</source>
        <translation>DWI</translation>
    </message>
    <message>
        <source>DWI (high b)</source>
        <translation>DWI (높은 b)</translation>
    </message>
    <message>
        <source>ADC map</source>
        <translation>ADC 맵</translation>
    </message>
    <message>
        <source>left</source>
        <translation>왼쪽</translation>
    </message>
    <message>
        <source>right</source>
        <translation>오른쪽</translation>
    </message>
    <message>
        <source>midline</source>
        <translation>정중선</translation>
    </message>
    <message>
        <source>Expected: {expected}.</source>
        <translation>기대값: {expected}.</translation>
    </message>
    <message>
        <source>Do: {remedy}.</source>
        <translation>조치: {remedy}.</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.seriesselector</name>
    <message>
        <source>Double-click a series to measure on it. A gray one is not offered: see why.</source>
        <translation>측정할 시리즈를 두 번 클릭하십시오. 회색 시리즈는 사용할 수 없으며, 이유가 표시됩니다.</translation>
    </message>
    <message>
        <source>not offered</source>
        <translation>사용 불가</translation>
    </message>
    <message>
        <source>Series</source>
        <translation>시리즈</translation>
    </message>
    <message>
        <source>Used as</source>
        <translation>용도</translation>
    </message>
    <message>
        <source>b (s/mm2)</source>
        <translation>b (s/mm2)</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>이유</translation>
    </message>
</context>
<context>
    <name>StrokeDiffusionCore</name>
    <message>
        <source>Stroke Diffusion Core</source>
        <translation>뇌졸중 확산 코어</translation>
    </message>
    <message>
        <source>See CITATION.cff for how to cite.</source>
        <translation>인용 방법은 CITATION.cff를 참조하십시오.</translation>
    </message>
    <message>
        <source>Measures the infarct core on DWI and ADC. The proposal is automatic; a reader accepts or leaves out every candidate, edits, and signs. For research only: not for diagnosis or treatment.</source>
        <translation>DWI와 ADC에서 경색 코어를 측정합니다. 제안은 자동이며, 판독자가 각 후보를 채택하거나 제외하고 편집한 뒤 서명합니다. 연구용이며 진단이나 치료에 사용할 수 없습니다.</translation>
    </message>
    <message>
        <source>Case</source>
        <translation>증례</translation>
    </message>
    <message>
        <source>Folder:</source>
        <translation>폴더:</translation>
    </message>
    <message>
        <source>Folder with DICOM or BIDS files, a DICOMDIR, a zip, or one file. It is searched recursively.</source>
        <translation>DICOM 또는 BIDS 파일이 있는 폴더, DICOMDIR, zip, 또는 파일 하나. 하위 폴더까지 찾습니다.</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>열기</translation>
    </message>
    <message>
        <source>Search the folder for cases</source>
        <translation>폴더에서 증례를 찾습니다</translation>
    </message>
    <message>
        <source>Case:</source>
        <translation>증례:</translation>
    </message>
    <message>
        <source>One patient at one time point</source>
        <translation>한 환자의 한 시점</translation>
    </message>
    <message>
        <source>Images that are loaded</source>
        <translation>불러온 영상</translation>
    </message>
    <message>
        <source>DWI:</source>
        <translation>DWI:</translation>
    </message>
    <message>
        <source>Diffusion-weighted image</source>
        <translation>확산강조영상</translation>
    </message>
    <message>
        <source>b0:</source>
        <translation>b0:</translation>
    </message>
    <message>
        <source>Image without diffusion weighting</source>
        <translation>확산강조가 없는 영상</translation>
    </message>
    <message>
        <source>ADC:</source>
        <translation>ADC:</translation>
    </message>
    <message>
        <source>ADC map of the scanner</source>
        <translation>장비의 ADC 맵</translation>
    </message>
    <message>
        <source>b of the DWI (s/mm2):</source>
        <translation>DWI의 b 값 (s/mm2):</translation>
    </message>
    <message>
        <source>Asked for where the image is not from DICOM; it is never guessed</source>
        <translation>DICOM이 아닌 영상에서는 입력해야 합니다. 추측하지 않습니다</translation>
    </message>
    <message>
        <source>Unit of the ADC:</source>
        <translation>ADC 단위:</translation>
    </message>
    <message>
        <source>Asked for where the map is not from DICOM; it is never guessed</source>
        <translation>DICOM이 아닌 맵에서는 입력해야 합니다. 추측하지 않습니다</translation>
    </message>
    <message>
        <source>Use these images</source>
        <translation>이 영상 사용</translation>
    </message>
    <message>
        <source>Measure on these images; those from DICOM are read again from their files</source>
        <translation>이 영상에서 측정합니다. DICOM 영상은 파일에서 다시 읽습니다</translation>
    </message>
    <message>
        <source>Geometry</source>
        <translation>기하 구조</translation>
    </message>
    <message>
        <source>Compute</source>
        <translation>계산</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>취소</translation>
    </message>
    <message>
        <source>Stop; nothing is changed</source>
        <translation>중단합니다. 바뀌는 것은 없습니다</translation>
    </message>
    <message>
        <source>Reading</source>
        <translation>판독</translation>
    </message>
    <message>
        <source>Previous</source>
        <translation>이전</translation>
    </message>
    <message>
        <source>Look at the candidate before (Shift+P)</source>
        <translation>이전 후보 보기 (Shift+P)</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>다음</translation>
    </message>
    <message>
        <source>Look at the next smaller candidate (Shift+N)</source>
        <translation>다음으로 작은 후보 보기 (Shift+N)</translation>
    </message>
    <message>
        <source>Accept</source>
        <translation>채택</translation>
    </message>
    <message>
        <source>Take this candidate into the core (Shift+A)</source>
        <translation>이 후보를 코어에 포함 (Shift+A)</translation>
    </message>
    <message>
        <source>Leave out</source>
        <translation>제외</translation>
    </message>
    <message>
        <source>Leave this candidate out of the core (Shift+X)</source>
        <translation>이 후보를 코어에서 제외 (Shift+X)</translation>
    </message>
    <message>
        <source>Record</source>
        <translation>기록</translation>
    </message>
    <message>
        <source>Reader:</source>
        <translation>판독자:</translation>
    </message>
    <message>
        <source>Code of the reader, no name</source>
        <translation>판독자 코드(이름 아님)</translation>
    </message>
    <message>
        <source>Output folder:</source>
        <translation>출력 폴더:</translation>
    </message>
    <message>
        <source>Gets record.json, measurements.csv, report.html, masks and DICOM objects</source>
        <translation>record.json, measurements.csv, report.html, 마스크, DICOM 객체가 저장됩니다</translation>
    </message>
    <message>
        <source>There is no infarct core</source>
        <translation>경색 코어가 없습니다</translation>
    </message>
    <message>
        <source>An empty core is written only when a reader says so</source>
        <translation>빈 코어는 판독자가 확인해야 저장됩니다</translation>
    </message>
    <message>
        <source>Add to the DICOM database</source>
        <translation>DICOM 데이터베이스에 추가</translation>
    </message>
    <message>
        <source>Segmentation, map and report appear under their study</source>
        <translation>분할, 맵, 보고서가 해당 검사 아래에 나타납니다</translation>
    </message>
    <message>
        <source>Sign and write</source>
        <translation>서명하고 저장</translation>
    </message>
    <message>
        <source>For research only: not for diagnosis or treatment.</source>
        <translation>연구용입니다. 진단이나 치료에 사용할 수 없습니다.</translation>
    </message>
</context>
</TS>
