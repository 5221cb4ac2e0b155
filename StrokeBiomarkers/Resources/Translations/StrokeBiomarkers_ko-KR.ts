<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="ko_KR">
<context>
    <name>StrokeBiomarkers</name>
    <message>
        <source>Stroke Biomarkers: Guided Reading</source>
        <translation>뇌졸중 바이오마커: 절차 판독</translation>
    </message>
    <message>
        <source>See CITATION.cff for how to cite.</source>
        <translation>인용 방법은 CITATION.cff를 참조하십시오.</translation>
    </message>
    <message>
        <source>Guides a reader through a standard operating procedure: worklist, steps with their checks, the right module for every step, deviations with reasons, signature. Every edit is kept at once. For research only: not for diagnosis or treatment.</source>
        <translation>표준작업지침서에 따라 판독을 안내합니다: 판독 목록, 단계별 확인, 단계에 맞는 모듈, 사유가 있는 이탈, 서명. 모든 편집은 즉시 저장됩니다. 연구용: 진단이나 치료에 사용하지 마십시오.</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>판독 대상</translation>
    </message>
    <message>
        <source>Read:</source>
        <translation>판독:</translation>
    </message>
    <message>
        <source>Worklist of a trial, its training cases, or a folder without a trial</source>
        <translation>임상시험 판독 목록, 교육 증례, 또는 임상시험이 아닌 폴더</translation>
    </message>
    <message>
        <source>Folder:</source>
        <translation>폴더:</translation>
    </message>
    <message>
        <source>Folder of the trial, or of the images</source>
        <translation>임상시험 폴더 또는 영상 폴더</translation>
    </message>
    <message>
        <source>Output folder:</source>
        <translation>출력 폴더:</translation>
    </message>
    <message>
        <source>Readings are kept and signed here, a folder each</source>
        <translation>판독이 여기에 각각의 폴더로 저장되고 서명됩니다</translation>
    </message>
    <message>
        <source>Procedure:</source>
        <translation>절차서:</translation>
    </message>
    <message>
        <source>What is read</source>
        <translation>판독할 내용</translation>
    </message>
    <message>
        <source>Reader:</source>
        <translation>판독자:</translation>
    </message>
    <message>
        <source>Reader of the register</source>
        <translation>등록부의 판독자</translation>
    </message>
    <message>
        <source>Code of the reader, not a name</source>
        <translation>판독자 코드(이름 아님)</translation>
    </message>
    <message>
        <source>code, no name</source>
        <translation>코드(이름 아님)</translation>
    </message>
    <message>
        <source>Show cases</source>
        <translation>증례 보기</translation>
    </message>
    <message>
        <source>Cases</source>
        <translation>증례</translation>
    </message>
    <message>
        <source>Open case</source>
        <translation>증례 열기</translation>
    </message>
    <message>
        <source>Later</source>
        <translation>나중에</translation>
    </message>
    <message>
        <source>Why this case is left for later, taken over, or why a signed one is added to</source>
        <translation>이 증례를 나중으로 미루거나 인수하는 사유, 또는 서명된 증례에 추기하는 사유</translation>
    </message>
    <message>
        <source>Reason, for later or for an addendum</source>
        <translation>사유 (나중에 또는 추기)</translation>
    </message>
    <message>
        <source>Open an addendum</source>
        <translation>추기 시작</translation>
    </message>
    <message>
        <source>Take over from another computer</source>
        <translation>다른 컴퓨터에서 인수</translation>
    </message>
    <message>
        <source>Score a test (study manager)</source>
        <translation>시험 채점 (시험 관리자)</translation>
    </message>
    <message>
        <source>Test:</source>
        <translation>시험:</translation>
    </message>
    <message>
        <source>All new training cases of the reader that belong to this test must be signed</source>
        <translation>이 시험에 속한 판독자의 새 교육 증례가 모두 서명되어 있어야 합니다</translation>
    </message>
    <message>
        <source>Manager's key:</source>
        <translation>관리자 키:</translation>
    </message>
    <message>
        <source>Private key of the study manager</source>
        <translation>시험 관리자의 개인 키</translation>
    </message>
    <message>
        <source>Manager's passphrase:</source>
        <translation>관리자 암호문:</translation>
    </message>
    <message>
        <source>Opens the sealed answers for this test alone; it is kept nowhere</source>
        <translation>이 시험의 봉인된 정답을 여는 데에만 쓰이며 어디에도 저장되지 않습니다</translation>
    </message>
    <message>
        <source>Certificate:</source>
        <translation>인증서:</translation>
    </message>
    <message>
        <source>HTML file to write; one that exists is not written over</source>
        <translation>저장할 HTML 파일. 이미 있는 파일은 덮어쓰지 않습니다</translation>
    </message>
    <message>
        <source>Score this test</source>
        <translation>이 시험 채점</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>취소</translation>
    </message>
    <message>
        <source>Stop at the next step; nothing is changed</source>
        <translation>다음 단계에서 멈춤. 변경되는 것은 없음</translation>
    </message>
    <message>
        <source>Signature</source>
        <translation>서명</translation>
    </message>
    <message>
        <source>Meaning:</source>
        <translation>의미:</translation>
    </message>
    <message>
        <source>What the signature says</source>
        <translation>서명의 의미</translation>
    </message>
    <message>
        <source>Key file:</source>
        <translation>키 파일:</translation>
    </message>
    <message>
        <source>Private key of the reader; outside of a trial it may stay empty</source>
        <translation>판독자의 개인 키. 임상시험이 아니면 비워 둘 수 있음</translation>
    </message>
    <message>
        <source>Passphrase:</source>
        <translation>암호문:</translation>
    </message>
    <message>
        <source>Opens the key for this signature alone; it is kept nowhere</source>
        <translation>이 서명에만 키를 엽니다. 어디에도 저장되지 않습니다</translation>
    </message>
    <message>
        <source>Sign</source>
        <translation>서명</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>단계</translation>
    </message>
    <message>
        <source>Why the step is left out</source>
        <translation>단계를 생략하는 사유</translation>
    </message>
    <message>
        <source>Reason for leaving the step out</source>
        <translation>단계 생략 사유</translation>
    </message>
    <message>
        <source>Leave out</source>
        <translation>제외</translation>
    </message>
    <message>
        <source>Outline</source>
        <translation>윤곽</translation>
    </message>
    <message>
        <source>record.json of the baseline, or its folder: growth is measured against it</source>
        <translation>기저 시점의 record.json 또는 그 폴더: 증가를 이에 대해 측정합니다</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>비교</translation>
    </message>
    <message>
        <source>Measure the growth against the earlier record</source>
        <translation>이전 기록과 비교하여 증가를 측정</translation>
    </message>
    <message>
        <source>Summary</source>
        <translation>요약</translation>
    </message>
    <message>
        <source>Close case</source>
        <translation>증례 닫기</translation>
    </message>
    <message>
        <source>For research only: not for diagnosis or treatment.</source>
        <translation>연구용입니다. 진단이나 치료에 사용할 수 없습니다.</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.bloodtable</name>
    <message>
        <source>Blood</source>
        <translation>출혈</translation>
    </message>
    <message>
        <source>mL</source>
        <translation>mL</translation>
    </message>
    <message>
        <source>Range</source>
        <translation>범위</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.candidatereview</name>
    <message>
        <source>No.</source>
        <translation>번호</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>이유</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.clinicalform</name>
    <message>
        <source>Age (years):</source>
        <translation>나이(세):</translation>
    </message>
    <message>
        <source>NIHSS:</source>
        <translation>NIHSS:</translation>
    </message>
    <message>
        <source>Hours since last known well:</source>
        <translation>마지막 정상 확인 후 시간:</translation>
    </message>
    <message>
        <source>mRS before the stroke:</source>
        <translation>발병 전 mRS:</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>모름</translation>
    </message>
    <message>
        <source>Occlusion:</source>
        <translation>폐색 부위:</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.clotform</name>
    <message>
        <source>Blood:</source>
        <translation>출혈 종류:</translation>
    </message>
    <message>
        <source>Side:</source>
        <translation>쪽:</translation>
    </message>
    <message>
        <source>Location:</source>
        <translation>위치:</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.corepanel</name>
    <message>
        <source>b (s/mm2)</source>
        <translation>b (s/mm2)</translation>
    </message>
    <message>
        <source>Core</source>
        <translation>코어</translation>
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
</context>
<context>
    <name>StrokeBiomarkersLib.coretexts</name>
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
        <source>Waits for a DWI series with b0 and b about 1000, or an ADC map with its DWI</source>
        <translation>b0과 b 약 1000이 있는 DWI 시리즈, 또는 ADC 맵과 그 DWI가 필요합니다</translation>
    </message>
    <message>
        <source>not used</source>
        <translation>사용 안 함</translation>
    </message>
    <message>
        <source>No core measured yet</source>
        <translation>아직 측정된 코어가 없습니다</translation>
    </message>
    <message>
        <source>Infarct core: {status}</source>
        <translation>경색 코어: {status}</translation>
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
        <source>Infarct core {volume:.2f} mL ({lower:.2f} to {upper:.2f})</source>
        <translation>경색 코어 {volume:.2f} mL ({lower:.2f}~{upper:.2f})</translation>
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
</context>
<context>
    <name>StrokeBiomarkersLib.coreviews</name>
    <message>
        <source>DWI + core</source>
        <translation>DWI + 코어</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.eyeviews</name>
    <message>
        <source>Image {number}</source>
        <translation>영상 {number}</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.growthtable</name>
    <message>
        <source>Expansion</source>
        <translation>확장 정의</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>이유</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.hemorrhagepanel</name>
    <message>
        <source>Kernel</source>
        <translation>커널</translation>
    </message>
    <message>
        <source>Then click on the inner table on both sides, and on the septum ({key})</source>
        <translation>양쪽 두개골 내판과 투명중격을 차례로 클릭하세요 ({key})</translation>
    </message>
    <message>
        <source>Clot</source>
        <translation>혈종</translation>
    </message>
    <message>
        <source>Blood</source>
        <translation>출혈</translation>
    </message>
    <message>
        <source>mL</source>
        <translation>mL</translation>
    </message>
    <message>
        <source>HU</source>
        <translation>HU</translation>
    </message>
    <message>
        <source>Side</source>
        <translation>쪽</translation>
    </message>
    <message>
        <source>Location</source>
        <translation>위치</translation>
    </message>
    <message>
        <source>Take the landmarks away</source>
        <translation>표지점 지우기</translation>
    </message>
    <message>
        <source>CT + blood</source>
        <translation>CT + 출혈</translation>
    </message>
    <message>
        <source>Nothing was found where nothing is outlined ({key})</source>
        <translation>윤곽이 없는 곳에는 출혈이 없음을 확인합니다 ({key})</translation>
    </message>
    <message>
        <source>Then click into the clot: it is outlined ({key})</source>
        <translation>혈종 안을 클릭하면 윤곽이 그려집니다 ({key})</translation>
    </message>
    <message>
        <source>Measure growth ({key})</source>
        <translation>증가량 측정 ({key})</translation>
    </message>
    <message>
        <source>Decide for the clot that is looked at ({key}: next)</source>
        <translation>보고 있는 혈종에 대해 정합니다 ({key}: 다음)</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.hemorrhagetexts</name>
    <message>
        <source>Auditing the geometry</source>
        <translation>기하 구조 점검 중</translation>
    </message>
    <message>
        <source>Reading images</source>
        <translation>영상 읽는 중</translation>
    </message>
    <message>
        <source>Finding skull and brain</source>
        <translation>두개골과 뇌 찾는 중</translation>
    </message>
    <message>
        <source>Finding candidates</source>
        <translation>후보 찾는 중</translation>
    </message>
    <message>
        <source>Finding edema</source>
        <translation>부종 찾는 중</translation>
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
        <source>Waits for a plain CT of the head</source>
        <translation>비조영 뇌 CT가 필요합니다</translation>
    </message>
    <message>
        <source>No blood is outlined in the brain, or none in the ventricles: confirm that there is none</source>
        <translation>뇌실질 또는 뇌실에 윤곽이 없습니다: 출혈이 없음을 확인하세요</translation>
    </message>
    <message>
        <source>The image is not in hand: open the folder of the case and compute again</source>
        <translation>영상이 없습니다: 증례 폴더를 열고 다시 계산하세요</translation>
    </message>
    <message>
        <source>Waits for a clot: choose one in the list</source>
        <translation>목록에서 혈종을 선택하세요</translation>
    </message>
    <message>
        <source>Edema is drawn, not clicked: choose a kind of blood</source>
        <translation>부종은 클릭이 아니라 그려서 편집합니다: 출혈 종류를 선택하세요</translation>
    </message>
    <message>
        <source>The study manager names the earlier reading that this case is compared with</source>
        <translation>이 증례와 비교할 이전 판독은 시험 관리자가 지정합니다</translation>
    </message>
    <message>
        <source>Waits for the earlier record: choose a file or folder</source>
        <translation>이전 기록이 필요합니다: 파일이나 폴더를 선택하세요</translation>
    </message>
    <message>
        <source>Something was drawn on, but the image is not in hand: open the folder of the case and compute again</source>
        <translation>편집된 부분이 있으나 영상이 없습니다: 증례 폴더를 열고 다시 계산하세요</translation>
    </message>
    <message>
        <source>Plain CT</source>
        <translation>비조영 CT</translation>
    </message>
    <message>
        <source>not used</source>
        <translation>사용 안 함</translation>
    </message>
    <message>
        <source>Edema</source>
        <translation>부종</translation>
    </message>
    <message>
        <source>deep</source>
        <translation>심부</translation>
    </message>
    <message>
        <source>lobar</source>
        <translation>엽성</translation>
    </message>
    <message>
        <source>brainstem</source>
        <translation>뇌간</translation>
    </message>
    <message>
        <source>cerebellum</source>
        <translation>소뇌</translation>
    </message>
    <message>
        <source>ventricle</source>
        <translation>뇌실</translation>
    </message>
    <message>
        <source>extra-axial</source>
        <translation>축외</translation>
    </message>
    <message>
        <source>No hemorrhage measured yet</source>
        <translation>아직 측정된 출혈이 없습니다</translation>
    </message>
    <message>
        <source>Midline shift: place the inner table on both sides, then the septum</source>
        <translation>정중선 이동: 양쪽 두개골 내판, 이어서 투명중격에 점을 놓으세요</translation>
    </message>
    <message>
        <source>Intracerebral hemorrhage</source>
        <translation>뇌내출혈</translation>
    </message>
    <message>
        <source>Intraventricular hemorrhage</source>
        <translation>뇌실내출혈</translation>
    </message>
    <message>
        <source>Subarachnoid hemorrhage</source>
        <translation>지주막하출혈</translation>
    </message>
    <message>
        <source>Subdural hematoma</source>
        <translation>경막하혈종</translation>
    </message>
    <message>
        <source>Epidural hematoma</source>
        <translation>경막외혈종</translation>
    </message>
    <message>
        <source>Perihematomal edema</source>
        <translation>혈종 주위 부종</translation>
    </message>
    <message>
        <source>kernel {kernel}, {kvp} kV, slices of {thickness} mm</source>
        <translation>커널 {kernel}, {kvp} kV, 슬라이스 {thickness} mm</translation>
    </message>
    <message>
        <source>contrast agent given</source>
        <translation>조영제 사용</translation>
    </message>
    <message>
        <source>no contrast agent</source>
        <translation>조영제 없음</translation>
    </message>
    <message>
        <source>brain {hu:.0f} HU</source>
        <translation>뇌 {hu:.0f} HU</translation>
    </message>
    <message>
        <source>Hemorrhage: {status}</source>
        <translation>출혈: {status}</translation>
    </message>
    <message>
        <source>Midline shift {mm:.1f} mm</source>
        <translation>정중선 이동 {mm:.1f} mm</translation>
    </message>
    <message>
        <source>Growth of the ICH {ml:+.2f} mL</source>
        <translation>뇌내출혈 증가 {ml:+.2f} mL</translation>
    </message>
    <message>
        <source>ICH {volume:.2f} mL ({lower:.2f} to {upper:.2f})</source>
        <translation>뇌내출혈(ICH) {volume:.2f} mL ({lower:.2f}~{upper:.2f})</translation>
    </message>
    <message>
        <source>ABC/2 {weighted:.1f} mL (all slices {plain:.1f}): A {a:.1f}, B {b:.1f} on slice {slice}, C {c:.1f} mm; weights {weights}</source>
        <translation>ABC/2 {weighted:.1f} mL (모든 슬라이스 {plain:.1f}): 슬라이스 {slice}에서 A {a:.1f}, B {b:.1f}, C {c:.1f} mm; 가중치 {weights}</translation>
    </message>
    <message>
        <source>{low} to {high}</source>
        <translation>{low} ~ {high}</translation>
    </message>
    <message>
        <source>Growth: {status}</source>
        <translation>증가량: {status}</translation>
    </message>
    <message>
        <source>air {hu:.0f} HU</source>
        <translation>공기 {hu:.0f} HU</translation>
    </message>
    <message>
        <source>CSF {hu:.0f} HU</source>
        <translation>뇌척수액 {hu:.0f} HU</translation>
    </message>
    <message>
        <source>over {count} clots together: no volume of an ellipsoid</source>
        <translation>혈종 {count}개를 함께 잰 값: 타원체의 부피가 아님</translation>
    </message>
    <message>
        <source>all blood {ml:.2f} mL</source>
        <translation>전체 출혈 {ml:.2f} mL</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.imageform</name>
    <message>
        <source>unknown</source>
        <translation>모름</translation>
    </message>
    <message>
        <source>DSC perfusion</source>
        <translation>DSC 관류</translation>
    </message>
    <message>
        <source>CT perfusion</source>
        <translation>CT 관류</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.issuetexts</name>
    <message>
        <source>STOP</source>
        <translation>중지</translation>
    </message>
    <message>
        <source>ASK</source>
        <translation>확인 필요</translation>
    </message>
    <message>
        <source>WARN</source>
        <translation>경고</translation>
    </message>
    <message>
        <source>INFO</source>
        <translation>참고</translation>
    </message>
    <message>
        <source>measured</source>
        <translation>측정됨</translation>
    </message>
    <message>
        <source>zero</source>
        <translation>0 (없음)</translation>
    </message>
    <message>
        <source>not evaluable</source>
        <translation>평가 불가</translation>
    </message>
    <message>
        <source>missing</source>
        <translation>자료 없음</translation>
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
    <name>StrokeBiomarkersLib.ivhform</name>
    <message>
        <source>Fourth ventricle</source>
        <translation>제4뇌실</translation>
    </message>
    <message>
        <source>Third ventricle</source>
        <translation>제3뇌실</translation>
    </message>
    <message>
        <source>Left lateral ventricle</source>
        <translation>왼쪽 가쪽뇌실</translation>
    </message>
    <message>
        <source>Right lateral ventricle</source>
        <translation>오른쪽 가쪽뇌실</translation>
    </message>
    <message>
        <source>Left occipital horn</source>
        <translation>왼쪽 후두각</translation>
    </message>
    <message>
        <source>Right occipital horn</source>
        <translation>오른쪽 후두각</translation>
    </message>
    <message>
        <source>Left temporal horn</source>
        <translation>왼쪽 측두각</translation>
    </message>
    <message>
        <source>Right temporal horn</source>
        <translation>오른쪽 측두각</translation>
    </message>
    <message>
        <source>Right lateral ventricle (0 to 3):</source>
        <translation>오른쪽 가쪽뇌실 (0~3):</translation>
    </message>
    <message>
        <source>Left lateral ventricle (0 to 3):</source>
        <translation>왼쪽 가쪽뇌실 (0~3):</translation>
    </message>
    <message>
        <source>Third ventricle (0 or 1):</source>
        <translation>제3뇌실 (0 또는 1):</translation>
    </message>
    <message>
        <source>Fourth ventricle (0 or 1):</source>
        <translation>제4뇌실 (0 또는 1):</translation>
    </message>
    <message>
        <source>Hydrocephalus (0 or 1):</source>
        <translation>수두증 (0 또는 1):</translation>
    </message>
    <message>
        <source>Modified Graeb score</source>
        <translation>수정 Graeb 점수</translation>
    </message>
    <message>
        <source>IVH score</source>
        <translation>IVH 점수</translation>
    </message>
    <message>
        <source>expanded</source>
        <translation>확장됨</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.numbertables</name>
    <message>
        <source>Measure</source>
        <translation>항목</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>값</translation>
    </message>
    <message>
        <source>Range</source>
        <translation>범위</translation>
    </message>
    <message>
        <source>Trial</source>
        <translation>임상시험</translation>
    </message>
    <message>
        <source>Result</source>
        <translation>결과</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>이유</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.perfusionpanel</name>
    <message>
        <source>Frames</source>
        <translation>프레임</translation>
    </message>
    <message>
        <source>Lesion</source>
        <translation>병변</translation>
    </message>
    <message>
        <source>mL</source>
        <translation>mL</translation>
    </message>
    <message>
        <source>Tmax (s)</source>
        <translation>Tmax(초)</translation>
    </message>
    <message>
        <source>Side</source>
        <translation>쪽</translation>
    </message>
    <message>
        <source>automatic</source>
        <translation>자동</translation>
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
        <source>Drag the point AIF onto an artery, or choose a candidate: the maps follow.</source>
        <translation>AIF 점을 동맥 위로 끌거나 후보를 선택하십시오. 맵이 따라 바뀝니다.</translation>
    </message>
    <message>
        <source>Compute again with this baseline</source>
        <translation>이 기저선으로 다시 계산</translation>
    </message>
    <message>
        <source>Compute again with the baseline that is found</source>
        <translation>자동으로 찾은 기저선으로 다시 계산</translation>
    </message>
    <message>
        <source>Correct for leaked contrast agent, and compute again; delayed tissue looks like leakage</source>
        <translation>새어 나온 조영제를 보정하여 다시 계산합니다. 지연된 조직도 누출처럼 보입니다</translation>
    </message>
    <message>
        <source>This is no number above 0; nothing was changed</source>
        <translation>0보다 큰 수가 아닙니다. 아무것도 바뀌지 않았습니다</translation>
    </message>
    <message>
        <source>Take this candidate ({key})</source>
        <translation>이 후보 사용 ({key})</translation>
    </message>
    <message>
        <source>Look at this vessel ({key})</source>
        <translation>이 혈관 보기 ({key})</translation>
    </message>
    <message>
        <source>Go back to what was found ({key})</source>
        <translation>자동으로 찾은 것으로 되돌리기 ({key})</translation>
    </message>
    <message>
        <source>Side of the lesion ({key}: next)</source>
        <translation>병변 쪽 ({key}: 다음)</translation>
    </message>
    <message>
        <source>Draw on the core; hypoperfusion stays as it is ({key})</source>
        <translation>코어를 편집합니다. 저관류는 그대로입니다({key})</translation>
    </message>
    <message>
        <source>Diffusion over perfusion ({key})</source>
        <translation>관류 위에 확산 겹쳐 보기 ({key})</translation>
    </message>
    <message>
        <source>Confirm that it lies right ({key})</source>
        <translation>위치가 맞음을 확인 ({key})</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.perfusiontexts</name>
    <message>
        <source>Measuring the core on diffusion</source>
        <translation>확산에서 코어 측정 중</translation>
    </message>
    <message>
        <source>Reading the frames</source>
        <translation>프레임 읽는 중</translation>
    </message>
    <message>
        <source>Correcting motion</source>
        <translation>움직임 보정 중</translation>
    </message>
    <message>
        <source>Finding the brain</source>
        <translation>뇌 찾는 중</translation>
    </message>
    <message>
        <source>Computing curves</source>
        <translation>곡선 계산 중</translation>
    </message>
    <message>
        <source>Finding artery and vein</source>
        <translation>동맥과 정맥 찾는 중</translation>
    </message>
    <message>
        <source>Registering diffusion to perfusion</source>
        <translation>확산을 관류에 정합 중</translation>
    </message>
    <message>
        <source>Computing maps</source>
        <translation>맵 계산 중</translation>
    </message>
    <message>
        <source>Finding lesions</source>
        <translation>병변 찾는 중</translation>
    </message>
    <message>
        <source>Measuring</source>
        <translation>측정 중</translation>
    </message>
    <message>
        <source>Trying other arteries, settings and noise</source>
        <translation>다른 동맥, 설정, 잡음으로 범위 계산 중</translation>
    </message>
    <message>
        <source>Applying trial criteria</source>
        <translation>임상시험 기준 적용 중</translation>
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
        <source>Waits for a series of DSC or CT perfusion</source>
        <translation>DSC 또는 CT 관류 시리즈가 필요함</translation>
    </message>
    <message>
        <source>Waits for the step between frames, which the files do not say</source>
        <translation>파일에 없는 프레임 간격을 입력해야 함</translation>
    </message>
    <message>
        <source>Waits for the curves of a study: compute first</source>
        <translation>곡선이 필요함: 먼저 계산하십시오</translation>
    </message>
    <message>
        <source>Waits for a candidate: choose one in the list</source>
        <translation>목록에서 후보를 선택해야 함</translation>
    </message>
    <message>
        <source>Waits for a look at diffusion over perfusion: show the overlay, then confirm that it lies right</source>
        <translation>확산과 관류의 겹침을 확인해야 함: 겹쳐 본 뒤 위치가 맞음을 확인하십시오</translation>
    </message>
    <message>
        <source>CT perfusion has no leakage correction</source>
        <translation>CT 관류에는 누출 보정이 없습니다</translation>
    </message>
    <message>
        <source>There is no diffusion on this perfusion series</source>
        <translation>이 관류 시리즈에 정합된 확산 영상이 없음</translation>
    </message>
    <message>
        <source>Show the overlay first</source>
        <translation>먼저 겹쳐 보십시오</translation>
    </message>
    <message>
        <source>There is no core to draw on</source>
        <translation>편집할 코어가 없습니다</translation>
    </message>
    <message>
        <source>The lesion was drawn on, but its curves are not in hand: open the folder of the case and compute again</source>
        <translation>병변을 편집했으나 곡선이 없음: 증례 폴더를 열고 다시 계산하십시오</translation>
    </message>
    <message>
        <source>DSC perfusion</source>
        <translation>DSC 관류</translation>
    </message>
    <message>
        <source>CT perfusion</source>
        <translation>CT 관류</translation>
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
        <source>not used</source>
        <translation>사용 안 함</translation>
    </message>
    <message>
        <source>times may be used</source>
        <translation>시간을 사용할 수 있음</translation>
    </message>
    <message>
        <source>times may be used, with a note</source>
        <translation>시간을 사용할 수 있음, 참고 사항 있음</translation>
    </message>
    <message>
        <source>times are refused</source>
        <translation>시간을 사용할 수 없음</translation>
    </message>
    <message>
        <source>No perfusion measured yet</source>
        <translation>아직 측정된 관류가 없음</translation>
    </message>
    <message>
        <source>Core</source>
        <translation>코어</translation>
    </message>
    <message>
        <source>Hypoperfusion, Tmax &gt; 6 s</source>
        <translation>저관류, Tmax &gt; 6초</translation>
    </message>
    <message>
        <source>Severe delay, Tmax &gt; 10 s</source>
        <translation>심한 지연, Tmax &gt; 10초</translation>
    </message>
    <message>
        <source>Mismatch volume</source>
        <translation>불일치 부피</translation>
    </message>
    <message>
        <source>Mismatch ratio</source>
        <translation>불일치 비</translation>
    </message>
    <message>
        <source>Mismatch, voxel by voxel</source>
        <translation>불일치, 복셀 단위</translation>
    </message>
    <message>
        <source>Hypoperfusion intensity ratio</source>
        <translation>저관류 강도 비(HIR)</translation>
    </message>
    <message>
        <source>Venous Tmax (late from 10 s)</source>
        <translation>정맥 Tmax(10초부터 지연)</translation>
    </message>
    <message>
        <source>{frames} frames, {duration:.0f} s, step {step:.2f} s ({low:.2f} to {high:.2f}), from {tag}</source>
        <translation>프레임 {frames}개, {duration:.0f}초, 간격 {step:.2f}초({low:.2f}~{high:.2f}), 출처 {tag}</translation>
    </message>
    <message>
        <source>Hypoperfusion: {status}</source>
        <translation>저관류: {status}</translation>
    </message>
    <message>
        <source>{low} to {high}</source>
        <translation>{low} ~ {high}</translation>
    </message>
    <message>
        <source>met</source>
        <translation>충족</translation>
    </message>
    <message>
        <source>not met</source>
        <translation>미충족</translation>
    </message>
    <message>
        <source>undetermined</source>
        <translation>판정 불가</translation>
    </message>
    <message>
        <source>Tmax &gt; 6 s: {volume:.1f} mL</source>
        <translation>Tmax &gt; 6초: {volume:.1f} mL</translation>
    </message>
    <message>
        <source>Core (ADC)</source>
        <translation>코어(ADC)</translation>
    </message>
    <message>
        <source>Core (rCBF &lt; 30 %)</source>
        <translation>코어(rCBF &lt; 30 %)</translation>
    </message>
    <message>
        <source>{vessel}, your point</source>
        <translation>{vessel}, 직접 찍은 점</translation>
    </message>
    <message>
        <source>{voxels} voxels, {side}</source>
        <translation>{voxels} 복셀, {side}</translation>
    </message>
    <message>
        <source> (margin {margin:+.1f})</source>
        <translation> (여유 {margin:+.1f})</translation>
    </message>
    <message>
        <source>turns with a change of {volume:.1f} mL</source>
        <translation>{volume:.1f} mL 바뀌면 결과가 뒤바뀜</translation>
    </message>
    <message>
        <source>limit not checked against the publication</source>
        <translation>원 논문과 대조하지 않은 한계값</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.perfusionviews</name>
    <message>
        <source>Map</source>
        <translation>맵</translation>
    </message>
    <message>
        <source>Mismatch</source>
        <translation>불일치</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.readingpanel</name>
    <message>
        <source>Reading of the scene: decisions and edits are as they were saved.</source>
        <translation>장면의 판독을 이어서 합니다. 결정과 편집은 저장된 그대로입니다.</translation>
    </message>
    <message>
        <source>No case is open</source>
        <translation>열린 증례가 없습니다</translation>
    </message>
    <message>
        <source>The geometry shown is that of the scene.</source>
        <translation>표시된 기하 구조는 장면에 저장된 것입니다.</translation>
    </message>
    <message>
        <source>The geometry was audited again.</source>
        <translation>기하 구조를 다시 검사했습니다.</translation>
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
        <source>The DICOM database is not open: the results are in the output folder only.</source>
        <translation>DICOM 데이터베이스가 열려 있지 않습니다. 결과는 출력 폴더에만 있습니다.</translation>
    </message>
    <message>
        <source>Measure this case ({key})</source>
        <translation>이 증례를 측정합니다 ({key})</translation>
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
    <name>StrokeBiomarkersLib.readingtexts</name>
    <message>
        <source>Waits for a case: choose a folder and open it</source>
        <translation>증례가 필요합니다. 폴더를 선택하고 여십시오</translation>
    </message>
    <message>
        <source>This case may not be measured</source>
        <translation>이 증례는 측정할 수 없습니다</translation>
    </message>
    <message>
        <source>The files of this case are not there: open their folder</source>
        <translation>이 증례의 파일이 없습니다. 파일이 있는 폴더를 여십시오</translation>
    </message>
    <message>
        <source>Waits for a series that can be measured</source>
        <translation>측정할 수 있는 시리즈가 필요합니다</translation>
    </message>
    <message>
        <source>Waits for a measured case: compute first</source>
        <translation>측정된 증례가 필요합니다. 먼저 계산하십시오</translation>
    </message>
    <message>
        <source>The segment cannot be read: undo the last change, or compute again</source>
        <translation>분할을 읽을 수 없습니다. 마지막 변경을 취소하거나 다시 계산하십시오</translation>
    </message>
    <message>
        <source>Waits for the code of the reader</source>
        <translation>판독자 코드가 필요합니다</translation>
    </message>
    <message>
        <source>The segment is empty: confirm that there is none</source>
        <translation>분할이 비어 있습니다. 병변이 없음을 확인하십시오</translation>
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
        <source>{slices} slices, tilt {tilt:.1f} degrees, effect on volume {effect:+.1f} %</source>
        <translation>슬라이스 {slices}장, 기울기 {tilt:.1f}도, 부피에 미치는 영향 {effect:+.1f} %</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.sampledata</name>
    <message>
        <source>No address of sample data is set ({setting}): the patient was generated on this computer.</source>
        <translation>예제 자료의 주소가 설정되지 않았습니다({setting}). 환자 자료를 이 컴퓨터에서 생성했습니다.</translation>
    </message>
    <message>
        <source>The sample could not be fetched: {reason}</source>
        <translation>예제 자료를 가져올 수 없습니다: {reason}</translation>
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
        <source>Why</source>
        <translation>이유</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.studyselector</name>
    <message>
        <source>Studies that were imported in the DICOM module; nothing has to be loaded</source>
        <translation>DICOM 모듈에서 가져온 검사입니다. 미리 불러올 필요가 없습니다</translation>
    </message>
    <message>
        <source>DICOM study:</source>
        <translation>DICOM 검사:</translation>
    </message>
    <message>
        <source>Take all series of this study, from their files</source>
        <translation>이 검사의 모든 시리즈를 파일에서 읽습니다</translation>
    </message>
    <message>
        <source>Waits for a study: import one in the DICOM module</source>
        <translation>검사를 기다립니다: DICOM 모듈에서 가져오십시오</translation>
    </message>
    <message>
        <source>Open study</source>
        <translation>검사 열기</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.vesseltable</name>
    <message>
        <source>Double-click a candidate to use it, or drag the points AIF and VOF in the views.</source>
        <translation>후보를 두 번 클릭하면 사용합니다. 또는 영상에서 AIF와 VOF 점을 끌어 옮기십시오.</translation>
    </message>
    <message>
        <source>Vessel</source>
        <translation>혈관</translation>
    </message>
    <message>
        <source>Peak</source>
        <translation>최고값</translation>
    </message>
    <message>
        <source>Arrival</source>
        <translation>도달</translation>
    </message>
    <message>
        <source>FWHM</source>
        <translation>반치폭</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>이유</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.wizardbar</name>
    <message>
        <source>Next</source>
        <translation>다음</translation>
    </message>
    <message>
        <source>Step before ({key})</source>
        <translation>이전 단계 ({key})</translation>
    </message>
    <message>
        <source>Leave this step ({key})</source>
        <translation>이 단계를 마침 ({key})</translation>
    </message>
    <message>
        <source>Steps that need no reader, in a row ({key})</source>
        <translation>판독자가 필요 없는 단계를 이어서 실행 ({key})</translation>
    </message>
    <message>
        <source>Language of the procedure</source>
        <translation>절차서 언어</translation>
    </message>
    <message>
        <source>Checks</source>
        <translation>확인 사항</translation>
    </message>
    <message>
        <source>Your answers</source>
        <translation>판독자 답변</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>이전</translation>
    </message>
    <message>
        <source>Automatic steps</source>
        <translation>자동 단계</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>단계</translation>
    </message>
    <message>
        <source>List of steps, summary and signature ({key})</source>
        <translation>단계 목록, 요약, 서명 ({key})</translation>
    </message>
    <message>
        <source>{key}: next answer</source>
        <translation>{key}: 다음 답변</translation>
    </message>
    <message>
        <source>This step has no conditions.</source>
        <translation>이 단계에는 조건이 없습니다.</translation>
    </message>
    <message>
        <source>This step asks nothing.</source>
        <translation>이 단계에는 질문이 없습니다.</translation>
    </message>
    <message>
        <source>Reason for {code}</source>
        <translation>{code} 사유</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.wizardcases</name>
    <message>
        <source>Case</source>
        <translation>증례</translation>
    </message>
    <message>
        <source>Procedure</source>
        <translation>절차서</translation>
    </message>
    <message>
        <source>State</source>
        <translation>상태</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.wizardpanel</name>
    <message>
        <source>Draw the infarct in the views; strokes are kept as they are made.</source>
        <translation>영상에서 경색을 그리십시오. 그린 내용은 즉시 저장됩니다.</translation>
    </message>
    <message>
        <source>Numbers as they would be signed:</source>
        <translation>서명될 값:</translation>
    </message>
    <message>
        <source>This training case is signed. Once all cases of the test are, the study manager scores it and writes the certificate.</source>
        <translation>이 교육 증례는 서명되었습니다. 시험의 모든 증례에 서명하면 연구 관리자가 채점하고 인증서를 발급합니다.</translation>
    </message>
    <message>
        <source>Deviations of the steps so far:</source>
        <translation>지금까지의 이탈:</translation>
    </message>
    <message>
        <source>No deviation so far.</source>
        <translation>지금까지 이탈이 없습니다.</translation>
    </message>
    <message>
        <source>Read the list of cases</source>
        <translation>증례 목록 읽기</translation>
    </message>
    <message>
        <source>Open this case (Enter)</source>
        <translation>이 증례 열기 (Enter)</translation>
    </message>
    <message>
        <source>Leave this case for later</source>
        <translation>이 증례를 나중으로 미룸</translation>
    </message>
    <message>
        <source>A new version that points to the signed one</source>
        <translation>서명된 판을 가리키는 새 판</translation>
    </message>
    <message>
        <source>Open this case here; the trail keeps your reason</source>
        <translation>이 증례를 여기서 엽니다. 사유는 감사 추적에 남습니다</translation>
    </message>
    <message>
        <source>Open the sealed answers and score the signed cases</source>
        <translation>봉인된 정답을 열고 서명된 증례를 채점합니다</translation>
    </message>
    <message>
        <source>Sign and lock</source>
        <translation>서명하고 잠금</translation>
    </message>
    <message>
        <source>Leave this step out</source>
        <translation>이 단계를 생략함</translation>
    </message>
    <message>
        <source>Waits for a folder</source>
        <translation>폴더를 선택해야 함</translation>
    </message>
    <message>
        <source>Waits for an output folder</source>
        <translation>출력 폴더가 필요합니다</translation>
    </message>
    <message>
        <source>Waits for a case of the list</source>
        <translation>목록에서 증례를 선택해야 함</translation>
    </message>
    <message>
        <source>Waits for the code of the reader</source>
        <translation>판독자 코드가 필요합니다</translation>
    </message>
    <message>
        <source>Waits for a case of a worklist</source>
        <translation>판독 목록의 증례를 선택해야 함</translation>
    </message>
    <message>
        <source>Only a case that was not begun can be left for later</source>
        <translation>시작하지 않은 증례만 나중으로 미룰 수 있음</translation>
    </message>
    <message>
        <source>Waits for the reason</source>
        <translation>사유를 입력해야 함</translation>
    </message>
    <message>
        <source>Waits for a case that is signed</source>
        <translation>서명된 증례를 선택해야 함</translation>
    </message>
    <message>
        <source>Waits for a case that another computer holds</source>
        <translation>다른 컴퓨터가 열고 있는 증례가 필요함</translation>
    </message>
    <message>
        <source>This reading is signed: open an addendum</source>
        <translation>서명된 판독입니다: 추기를 시작하십시오</translation>
    </message>
    <message>
        <source>This is the first step</source>
        <translation>첫 단계입니다</translation>
    </message>
    <message>
        <source>Sign below the list of steps</source>
        <translation>왼쪽 패널에서 서명하십시오</translation>
    </message>
    <message>
        <source>This step needs you</source>
        <translation>판독자가 필요한 단계입니다</translation>
    </message>
    <message>
        <source>The procedure asks for this step</source>
        <translation>절차서가 요구하는 단계입니다</translation>
    </message>
    <message>
        <source>Waits for a reading that is submitted</source>
        <translation>제출된 판독이 필요함</translation>
    </message>
    <message>
        <source>Waits for your key file</source>
        <translation>키 파일을 선택해야 함</translation>
    </message>
    <message>
        <source>Waits for the passphrase</source>
        <translation>암호문을 입력해야 함</translation>
    </message>
    <message>
        <source>Worklist of a trial</source>
        <translation>임상시험 판독 목록</translation>
    </message>
    <message>
        <source>Training cases of a trial</source>
        <translation>임상시험 교육 증례</translation>
    </message>
    <message>
        <source>Folder without a trial</source>
        <translation>임상시험이 아닌 폴더</translation>
    </message>
    <message>
        <source>The images are read and measured.</source>
        <translation>영상을 읽고 측정합니다.</translation>
    </message>
    <message>
        <source>Writing and signing</source>
        <translation>저장하고 서명하는 중</translation>
    </message>
    <message>
        <source>Unexpected failure; nothing was changed.</source>
        <translation>예기치 않은 오류가 발생했습니다. 바뀐 것은 없습니다.</translation>
    </message>
    <message>
        <source>Scoring the test</source>
        <translation>시험 채점 중</translation>
    </message>
    <message>
        <source>This reading is signed.</source>
        <translation>이 판독은 서명되었습니다.</translation>
    </message>
    <message>
        <source>Submit</source>
        <translation>제출</translation>
    </message>
    <message>
        <source>This case is {state}</source>
        <translation>이 증례는 '{state}' 상태입니다</translation>
    </message>
    <message>
        <source>Canceled; nothing was changed.</source>
        <translation>취소되었습니다. 바뀐 것은 없습니다.</translation>
    </message>
    <message>
        <source>This answer cannot be: {what}</source>
        <translation>가능하지 않은 답변: {what}</translation>
    </message>
    <message>
        <source>Signed as version {version}.</source>
        <translation>{version}판으로 서명되었습니다.</translation>
    </message>
    <message>
        <source>Packages are missing: {names}</source>
        <translation>필요한 패키지가 없습니다: {names}</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.wizardpractice</name>
    <message>
        <source>Practice case: not passed. It qualifies for nothing.</source>
        <translation>연습 증례: 불합격. 자격을 주지 않습니다.</translation>
    </message>
    <message>
        <source>The true outline is magenta in the views.</source>
        <translation>실제 윤곽은 보기에 자홍색으로 표시됩니다.</translation>
    </message>
    <message>
        <source>Practice case: passed. It qualifies for nothing.</source>
        <translation>연습 증례: 합격. 자격을 주지 않습니다.</translation>
    </message>
    <message>
        <source>Quantity</source>
        <translation>항목</translation>
    </message>
    <message>
        <source>Expected</source>
        <translation>정답</translation>
    </message>
    <message>
        <source>Signed</source>
        <translation>서명한 값</translation>
    </message>
    <message>
        <source>Difference (limit)</source>
        <translation>차이(한계)</translation>
    </message>
    <message>
        <source>Practice case: what is expected is shown once it is signed. It qualifies for nothing.</source>
        <translation>연습 증례: 서명한 뒤에 정답을 보여 줍니다. 자격을 주지 않습니다.</translation>
    </message>
    <message>
        <source>The true outline is not on the grid of the image, and is not shown.</source>
        <translation>실제 윤곽이 영상의 격자에 맞지 않아 표시하지 않습니다.</translation>
    </message>
    <message>
        <source>True outline</source>
        <translation>실제 윤곽</translation>
    </message>
    <message>
        <source>There is no lesion.</source>
        <translation>병변이 없습니다.</translation>
    </message>
    <message>
        <source>The automatic proposal was right.</source>
        <translation>자동 제안이 맞았습니다.</translation>
    </message>
    <message>
        <source>The automatic proposal was wrong: it held a candidate that is no lesion.</source>
        <translation>자동 제안이 틀렸습니다: 병변이 아닌 후보가 들어 있었습니다.</translation>
    </message>
    <message>
        <source>The automatic proposal was wrong: it missed a lesion.</source>
        <translation>자동 제안이 틀렸습니다: 병변을 놓쳤습니다.</translation>
    </message>
    <message>
        <source>The automatic proposal was wrong: it ran into what lies beside the lesion.</source>
        <translation>자동 제안이 틀렸습니다: 병변 옆의 구조까지 번졌습니다.</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.wizardscore</name>
    <message>
        <source>Passed</source>
        <translation>합격</translation>
    </message>
    <message>
        <source>Not passed</source>
        <translation>불합격</translation>
    </message>
    <message>
        <source> (the proposal was wrong)</source>
        <translation> (제안이 잘못됨)</translation>
    </message>
    <message>
        <source>Waits for the list of training cases</source>
        <translation>교육 증례 목록이 필요함</translation>
    </message>
    <message>
        <source>Waits for the key file of the study manager</source>
        <translation>시험 관리자의 키 파일을 선택해야 함</translation>
    </message>
    <message>
        <source>Waits for a file for the certificate</source>
        <translation>인증서 파일을 지정해야 함</translation>
    </message>
    <message>
        <source>The certificate needs a new file, in a folder that can be written</source>
        <translation>인증서는 쓸 수 있는 폴더의 새 파일이어야 합니다</translation>
    </message>
    <message>
        <source>Waits for the passphrase</source>
        <translation>암호문을 입력해야 함</translation>
    </message>
    <message>
        <source>Too few cases, or too few with a wrong proposal</source>
        <translation>증례 수 또는 잘못된 제안이 있는 증례 수 부족</translation>
    </message>
    <message>
        <source>no answer</source>
        <translation>무응답</translation>
    </message>
    <message>
        <source>{case}: expected {expected}, signed {given}</source>
        <translation>{case}: 정답 {expected}, 서명값 {given}</translation>
    </message>
    <message>
        <source>{reader}: {outcome}, {count} cases</source>
        <translation>{reader}: {outcome}, 증례 {count}건</translation>
    </message>
    <message>
        <source>The certificate is written: {name}</source>
        <translation>인증서를 저장했습니다: {name}</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.wizardsteps</name>
    <message>
        <source>Step</source>
        <translation>단계</translation>
    </message>
    <message>
        <source>What to do</source>
        <translation>할 일</translation>
    </message>
    <message>
        <source>State</source>
        <translation>상태</translation>
    </message>
    <message>
        <source>Code</source>
        <translation>코드</translation>
    </message>
    <message>
        <source>Deviation and reason</source>
        <translation>이탈과 사유</translation>
    </message>
    <message>
        <source>Number</source>
        <translation>항목</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>값</translation>
    </message>
</context>
<context>
    <name>StrokeBiomarkersLib.wizardtexts</name>
    <message>
        <source>left for later</source>
        <translation>나중에</translation>
    </message>
    <message>
        <source>addendum</source>
        <translation>추기</translation>
    </message>
    <message>
        <source>opened again</source>
        <translation>다시 열림</translation>
    </message>
    <message>
        <source>returned</source>
        <translation>되돌림</translation>
    </message>
    <message>
        <source>done</source>
        <translation>완료</translation>
    </message>
    <message>
        <source>current</source>
        <translation>현재</translation>
    </message>
    <message>
        <source>waits</source>
        <translation>대기</translation>
    </message>
    <message>
        <source>left out</source>
        <translation>생략</translation>
    </message>
    <message>
        <source>automatic</source>
        <translation>자동</translation>
    </message>
    <message>
        <source>reader</source>
        <translation>판독자</translation>
    </message>
    <message>
        <source>not known</source>
        <translation>알 수 없음</translation>
    </message>
    <message>
        <source>found by the program</source>
        <translation>프로그램이 확인함</translation>
    </message>
    <message>
        <source>Waits for the images of the case</source>
        <translation>증례의 영상이 필요함</translation>
    </message>
    <message>
        <source>Answer: {what}</source>
        <translation>답변: {what}</translation>
    </message>
    <message>
        <source>Give the reason: {what}</source>
        <translation>사유 입력: {what}</translation>
    </message>
    <message>
        <source>Does not hold: {what}</source>
        <translation>충족하지 않음: {what}</translation>
    </message>
    <message>
        <source>not evaluable</source>
        <translation>평가 불가</translation>
    </message>
    <message>
        <source>missing</source>
        <translation>자료 없음</translation>
    </message>
    <message>
        <source>not assigned</source>
        <translation>미배정</translation>
    </message>
    <message>
        <source>to be read</source>
        <translation>판독 전</translation>
    </message>
    <message>
        <source>prepared, waits for you</source>
        <translation>준비됨, 판독 대기</translation>
    </message>
    <message>
        <source>in progress</source>
        <translation>판독 중</translation>
    </message>
    <message>
        <source>submitted, not signed</source>
        <translation>제출됨, 서명 전</translation>
    </message>
    <message>
        <source>signed</source>
        <translation>서명됨</translation>
    </message>
    <message>
        <source>superseded</source>
        <translation>대체됨</translation>
    </message>
    <message>
        <source>withdrawn</source>
        <translation>철회됨</translation>
    </message>
    <message>
        <source>{step}, step {number} of {total} ({kind})</source>
        <translation>{step}, {total}단계 중 {number}단계 ({kind})</translation>
    </message>
    <message>
        <source>stops here</source>
        <translation>진행할 수 없음</translation>
    </message>
    <message>
        <source>There is an earlier signed reading of this subject: {item}.</source>
        <translation>이 대상자에게 서명된 이전 판독이 있습니다: {item}.</translation>
    </message>
    <message>
        <source>author</source>
        <translation>작성</translation>
    </message>
    <message>
        <source>verification</source>
        <translation>확인</translation>
    </message>
    <message>
        <source>review</source>
        <translation>검토</translation>
    </message>
    <message>
        <source>adjudication</source>
        <translation>조정 판독</translation>
    </message>
    <message>
        <source>training</source>
        <translation>교육</translation>
    </message>
    <message>
        <source>deviation {code}, needs your reason</source>
        <translation>이탈 {code}, 사유가 필요함</translation>
    </message>
    <message>
        <source>found: {what}</source>
        <translation>측정값: {what}</translation>
    </message>
    <message>
        <source>It is of {hours:.1f} h before.</source>
        <translation>{hours:.1f}시간 전의 것입니다.</translation>
    </message>
    <message>
        <source>recorded as deviation {code}</source>
        <translation>이탈 {code}(으)로 기록됨</translation>
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
<context>
    <name>StrokeHemorrhageVolume</name>
    <message>
        <source>Stroke Hemorrhage Volume</source>
        <translation>뇌졸중 출혈 부피</translation>
    </message>
    <message>
        <source>See CITATION.cff for how to cite.</source>
        <translation>인용 방법은 CITATION.cff를 참조하십시오.</translation>
    </message>
    <message>
        <source>Measures hemorrhage on plain CT. The proposal is automatic; one click outlines a clot; a reader accepts or leaves out every clot, decides what it is in, edits, compares with an earlier record, and signs. For research only: not for diagnosis or treatment.</source>
        <translation>비조영 CT에서 출혈을 측정합니다. 제안은 자동이며, 한 번 클릭하면 혈종의 윤곽이 그려집니다. 판독자가 혈종마다 채택하거나 제외하고, 출혈 종류를 정하고, 편집하고, 이전 기록과 비교한 뒤 서명합니다. 연구용으로만 사용하며 진단이나 치료에 쓰지 않습니다.</translation>
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
        <source>CT:</source>
        <translation>CT:</translation>
    </message>
    <message>
        <source>Plain CT in Hounsfield units</source>
        <translation>하운스필드 단위의 비조영 CT</translation>
    </message>
    <message>
        <source>Use this image</source>
        <translation>이 영상 사용</translation>
    </message>
    <message>
        <source>Measure on this image; one from DICOM is read again from its files</source>
        <translation>이 영상에서 측정합니다. DICOM에서 온 영상은 파일에서 다시 읽습니다</translation>
    </message>
    <message>
        <source>Geometry and CT</source>
        <translation>기하 구조와 CT</translation>
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
        <source>Look at the clot before (Shift+P)</source>
        <translation>이전 혈종 보기 (Shift+P)</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>다음</translation>
    </message>
    <message>
        <source>Look at the next clot (Shift+N)</source>
        <translation>다음 혈종 보기 (Shift+N)</translation>
    </message>
    <message>
        <source>Accept</source>
        <translation>채택</translation>
    </message>
    <message>
        <source>Count this clot (Shift+A)</source>
        <translation>이 혈종을 포함 (Shift+A)</translation>
    </message>
    <message>
        <source>Leave out</source>
        <translation>제외</translation>
    </message>
    <message>
        <source>Leave this clot out (Shift+X)</source>
        <translation>이 혈종을 제외 (Shift+X)</translation>
    </message>
    <message>
        <source>ICH</source>
        <translation>ICH</translation>
    </message>
    <message>
        <source>IVH</source>
        <translation>IVH</translation>
    </message>
    <message>
        <source>SAH</source>
        <translation>SAH</translation>
    </message>
    <message>
        <source>SDH</source>
        <translation>SDH</translation>
    </message>
    <message>
        <source>EDH</source>
        <translation>EDH</translation>
    </message>
    <message>
        <source>Edema</source>
        <translation>부종</translation>
    </message>
    <message>
        <source>Click into the clot</source>
        <translation>혈종 안을 클릭</translation>
    </message>
    <message>
        <source>Midline shift</source>
        <translation>정중선 이동</translation>
    </message>
    <message>
        <source>Place landmarks</source>
        <translation>표지점 놓기</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>지우기</translation>
    </message>
    <message>
        <source>Scores of ventricular blood</source>
        <translation>뇌실 출혈 점수</translation>
    </message>
    <message>
        <source>Growth</source>
        <translation>증가량</translation>
    </message>
    <message>
        <source>record.json of an earlier time point of this patient, or the output folder that holds it; empty for no comparison</source>
        <translation>같은 환자의 이전 시점 record.json 또는 그것이 든 출력 폴더. 비교하지 않으려면 비워 두세요</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>비교</translation>
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
        <source>No blood but what is outlined (confirm)</source>
        <translation>윤곽을 그린 것 외에 출혈 없음 (확인)</translation>
    </message>
    <message>
        <source>0 mL is written only when a reader says so</source>
        <translation>0 mL는 판독자가 확인한 경우에만 기록됩니다</translation>
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
<context>
    <name>StrokePerfusionMismatch</name>
    <message>
        <source>Stroke Perfusion Mismatch</source>
        <translation>뇌졸중 관류 불일치</translation>
    </message>
    <message>
        <source>See CITATION.cff for how to cite.</source>
        <translation>인용 방법은 CITATION.cff를 참조하십시오.</translation>
    </message>
    <message>
        <source>Measures hypoperfusion, core and mismatch on DSC-MR and CT perfusion. Artery, vein and lesions are proposed; a reader moves the artery, accepts or leaves out every candidate, edits, and signs. For research only: not for diagnosis or treatment.</source>
        <translation>DSC-MR과 CT 관류에서 저관류, 코어, 불일치를 측정합니다. 동맥, 정맥, 병변이 제안되며, 판독자가 동맥을 옮기고 각 후보를 채택하거나 제외하고 편집한 뒤 서명합니다. 연구용이며 진단이나 치료에 사용할 수 없습니다.</translation>
    </message>
    <message>
        <source>Curves</source>
        <translation>곡선</translation>
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
        <source>Perfusion:</source>
        <translation>관류:</translation>
    </message>
    <message>
        <source>Sequence of all frames, the volume that shows it, or any image of a DICOM series</source>
        <translation>모든 프레임의 시퀀스, 그것을 보여 주는 볼륨, 또는 DICOM 시리즈의 영상</translation>
    </message>
    <message>
        <source>What it holds:</source>
        <translation>영상의 종류:</translation>
    </message>
    <message>
        <source>Asked for where the images are not from DICOM; CT perfusion must be in Hounsfield units</source>
        <translation>DICOM 영상이 아니면 입력해야 합니다. CT 관류는 하운스필드 단위여야 합니다</translation>
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
        <source>What the images do not say</source>
        <translation>영상에 없는 정보</translation>
    </message>
    <message>
        <source>Step or times of frames (s):</source>
        <translation>프레임 간격 또는 시각(초):</translation>
    </message>
    <message>
        <source>Step between frames, or the time of every frame with blanks between; asked for where the images hold no times, never guessed</source>
        <translation>프레임 사이의 간격, 또는 빈칸으로 나눈 모든 프레임의 시각. 영상에 시각이 없으면 입력해야 하며 추측하지 않습니다</translation>
    </message>
    <message>
        <source>Echo time (ms):</source>
        <translation>에코 시간(ms):</translation>
    </message>
    <message>
        <source>Asked for where DSC images hold no echo time; it is never guessed</source>
        <translation>DSC 영상에 에코 시간이 없으면 입력해야 하며 추측하지 않습니다</translation>
    </message>
    <message>
        <source>Geometry and times</source>
        <translation>기하와 시간</translation>
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
        <source>Image</source>
        <translation>영상</translation>
    </message>
    <message>
        <source>Show the image before the bolus (Shift+B)</source>
        <translation>조영제 도달 전 영상 보기 (Shift+B)</translation>
    </message>
    <message>
        <source>CBF</source>
        <translation>CBF</translation>
    </message>
    <message>
        <source>Show cerebral blood flow (Shift+F)</source>
        <translation>뇌혈류량 보기 (Shift+F)</translation>
    </message>
    <message>
        <source>CBV</source>
        <translation>CBV</translation>
    </message>
    <message>
        <source>Show cerebral blood volume (Shift+V)</source>
        <translation>뇌혈액량 보기 (Shift+V)</translation>
    </message>
    <message>
        <source>MTT</source>
        <translation>MTT</translation>
    </message>
    <message>
        <source>Show mean transit time (Shift+M)</source>
        <translation>평균통과시간 보기 (Shift+M)</translation>
    </message>
    <message>
        <source>Tmax</source>
        <translation>Tmax</translation>
    </message>
    <message>
        <source>Show time to maximum of the residue (Shift+T)</source>
        <translation>잔류함수 최대 시간 보기 (Shift+T)</translation>
    </message>
    <message>
        <source>Artery and vein</source>
        <translation>동맥과 정맥</translation>
    </message>
    <message>
        <source>Use</source>
        <translation>사용</translation>
    </message>
    <message>
        <source>Take this candidate (Shift+U)</source>
        <translation>이 후보 사용 (Shift+U)</translation>
    </message>
    <message>
        <source>Look</source>
        <translation>보기</translation>
    </message>
    <message>
        <source>Look at this vessel in the views (Shift+L)</source>
        <translation>영상에서 이 혈관 보기 (Shift+L)</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>자동</translation>
    </message>
    <message>
        <source>Go back to the artery or vein that was found (Shift+K)</source>
        <translation>자동으로 찾은 동맥 또는 정맥으로 되돌리기 (Shift+K)</translation>
    </message>
    <message>
        <source>Affected side:</source>
        <translation>병변 쪽:</translation>
    </message>
    <message>
        <source>Side of the lesion; normal tissue is taken from the other one (Shift+S: next)</source>
        <translation>병변이 있는 쪽. 정상 조직은 반대쪽에서 취합니다 (Shift+S: 다음)</translation>
    </message>
    <message>
        <source>Baseline frames:</source>
        <translation>기저선 프레임:</translation>
    </message>
    <message>
        <source>First frame before the bolus</source>
        <translation>조영제 도달 전 첫 프레임</translation>
    </message>
    <message>
        <source>Last frame before the bolus</source>
        <translation>조영제 도달 전 마지막 프레임</translation>
    </message>
    <message>
        <source>Apply</source>
        <translation>적용</translation>
    </message>
    <message>
        <source>Compute again with this baseline</source>
        <translation>이 기저선으로 다시 계산</translation>
    </message>
    <message>
        <source>Compute again with the baseline that is found</source>
        <translation>자동으로 찾은 기저선으로 다시 계산</translation>
    </message>
    <message>
        <source>Leakage:</source>
        <translation>누출:</translation>
    </message>
    <message>
        <source>Correct (DSC)</source>
        <translation>보정(DSC)</translation>
    </message>
    <message>
        <source>Correct for contrast agent that leaks out of the vessels, and compute again</source>
        <translation>혈관 밖으로 새어 나온 조영제를 보정하여 다시 계산합니다</translation>
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
        <source>Take this candidate into the lesion (Shift+A)</source>
        <translation>이 후보를 병변에 포함 (Shift+A)</translation>
    </message>
    <message>
        <source>Leave out</source>
        <translation>제외</translation>
    </message>
    <message>
        <source>Leave this candidate out of the lesion (Shift+X)</source>
        <translation>이 후보를 병변에서 제외 (Shift+X)</translation>
    </message>
    <message>
        <source>Draw on:</source>
        <translation>편집 대상:</translation>
    </message>
    <message>
        <source>Hypoperfusion</source>
        <translation>저관류</translation>
    </message>
    <message>
        <source>Draw on hypoperfusion (Shift+G: the other)</source>
        <translation>저관류를 편집합니다(Shift+G: 다른 쪽)</translation>
    </message>
    <message>
        <source>Core</source>
        <translation>코어</translation>
    </message>
    <message>
        <source>Draw on the core; hypoperfusion stays as it is (Shift+G: the other)</source>
        <translation>코어를 편집합니다. 저관류는 그대로입니다(Shift+G: 다른 쪽)</translation>
    </message>
    <message>
        <source>Overlay</source>
        <translation>겹쳐 보기</translation>
    </message>
    <message>
        <source>Lay diffusion over perfusion in the right view (Shift+O)</source>
        <translation>오른쪽 영상에서 관류 위에 확산 겹쳐 보기 (Shift+O)</translation>
    </message>
    <message>
        <source>Diffusion lies right on perfusion</source>
        <translation>확산이 관류와 맞게 놓임</translation>
    </message>
    <message>
        <source>A core from diffusion is written only when a reader has checked that it lies right</source>
        <translation>확산에서 얻은 코어는 판독자가 위치를 확인해야 기록됩니다</translation>
    </message>
    <message>
        <source>Trial criteria</source>
        <translation>임상시험 기준</translation>
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
        <source>There is no hypoperfusion</source>
        <translation>저관류 없음</translation>
    </message>
    <message>
        <source>An empty lesion is written only when a reader says so</source>
        <translation>빈 병변은 판독자가 확인해야 기록됩니다</translation>
    </message>
    <message>
        <source>Add to the DICOM database</source>
        <translation>DICOM 데이터베이스에 추가</translation>
    </message>
    <message>
        <source>Segmentation, maps and report appear under their study</source>
        <translation>세그멘테이션, 맵, 보고서가 해당 검사 아래에 나타납니다</translation>
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
<context>
    <name>PhantomQC</name>
    <message>
        <source>Phantom QC</source>
        <translation>팬텀 QC</translation>
    </message>
    <message>
        <source>See CITATION.cff for how to cite.</source>
        <translation>인용 방법은 CITATION.cff를 참조하십시오.</translation>
    </message>
    <message>
        <source>Says from the scan of a phantom whether the numbers of a scanner count. Vials and inserts are found and labeled; a person moves or relabels a region; every number stands against its limit with the source of the limit; a signed session enters the history of the scanner, with control charts. For research only: not for diagnosis or treatment.</source>
        <translation>팬텀 촬영으로 스캐너의 수치를 믿을 수 있는지 판정합니다. 바이알과 삽입물을 찾아 이름을 붙이고, 사람이 영역을 옮기거나 이름을 바꿀 수 있습니다. 모든 수치를 한계값 및 그 출처와 비교하며, 서명한 세션은 관리도와 함께 스캐너 이력에 들어갑니다. 연구용입니다. 진단이나 치료에 사용할 수 없습니다.</translation>
    </message>
    <message>
        <source>Session</source>
        <translation>세션</translation>
    </message>
    <message>
        <source>Folder:</source>
        <translation>폴더:</translation>
    </message>
    <message>
        <source>Folder with DICOM files of one scan of a phantom, a DICOMDIR, a zip, or one file. It is searched recursively.</source>
        <translation>팬텀을 한 번 촬영한 DICOM 파일이 있는 폴더, DICOMDIR, zip 또는 파일 하나. 하위 폴더까지 검색합니다.</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>열기</translation>
    </message>
    <message>
        <source>Search the folder for series</source>
        <translation>폴더에서 시리즈를 검색합니다</translation>
    </message>
    <message>
        <source>Name:</source>
        <translation>이름:</translation>
    </message>
    <message>
        <source>Name of the folder that is written; no name of a person</source>
        <translation>저장할 폴더의 이름. 사람 이름은 쓰지 않습니다</translation>
    </message>
    <message>
        <source>Phantom</source>
        <translation>팬텀</translation>
    </message>
    <message>
        <source>Phantom:</source>
        <translation>팬텀:</translation>
    </message>
    <message>
        <source>The phantom that was scanned, from the registry</source>
        <translation>촬영한 팬텀을 등록부에서 고릅니다</translation>
    </message>
    <message>
        <source>Registry file:</source>
        <translation>등록 파일:</translation>
    </message>
    <message>
        <source>Registry file of the site, for a phantom with a certificate of its own</source>
        <translation>자체 인증서가 있는 팬텀을 위한 기관의 등록 파일</translation>
    </message>
    <message>
        <source>Serial number:</source>
        <translation>일련번호:</translation>
    </message>
    <message>
        <source>As it is read from the phantom, not from the registry</source>
        <translation>등록부가 아니라 팬텀에서 직접 읽은 번호</translation>
    </message>
    <message>
        <source>Temperature:</source>
        <translation>온도:</translation>
    </message>
    <message>
        <source>Of the phantom during the scan, in degrees Celsius; empty where nobody has measured it</source>
        <translation>촬영 중 팬텀의 온도(섭씨). 아무도 재지 않았으면 비워 둡니다</translation>
    </message>
    <message>
        <source>degrees Celsius</source>
        <translation>섭씨 온도</translation>
    </message>
    <message>
        <source>Measured by:</source>
        <translation>측정 방법:</translation>
    </message>
    <message>
        <source>What the temperature was measured by</source>
        <translation>온도를 무엇으로 쟀는지</translation>
    </message>
    <message>
        <source>Defects:</source>
        <translation>결함:</translation>
    </message>
    <message>
        <source>What was seen, such as: air bubble in V3; more with a semicolon between. Each withholds the verdict.</source>
        <translation>눈으로 본 결함, 예: V3의 기포. 여러 개는 세미콜론으로 나눕니다. 하나라도 있으면 판정하지 않습니다.</translation>
    </message>
    <message>
        <source>Not known: measure without verdict</source>
        <translation>알 수 없음: 판정 없이 측정</translation>
    </message>
    <message>
        <source>Serial number or temperature is missing and cannot be found out any more</source>
        <translation>일련번호나 온도가 없고 더 이상 알아낼 수 없음</translation>
    </message>
    <message>
        <source>Criteria:</source>
        <translation>기준:</translation>
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
        <source>Result</source>
        <translation>결과</translation>
    </message>
    <message>
        <source>Regions</source>
        <translation>영역</translation>
    </message>
    <message>
        <source>This region ...</source>
        <translation>이 영역과 ...</translation>
    </message>
    <message>
        <source>... changes its label with this one</source>
        <translation>... 이 영역의 이름을 맞바꿉니다</translation>
    </message>
    <message>
        <source>Swap labels</source>
        <translation>이름 맞바꾸기</translation>
    </message>
    <message>
        <source>Turn 60°</source>
        <translation>60° 회전</translation>
    </message>
    <message>
        <source>Half a turn</source>
        <translation>반 바퀴</translation>
    </message>
    <message>
        <source>Mirror</source>
        <translation>좌우 반전</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>되돌리기</translation>
    </message>
    <message>
        <source>As found</source>
        <translation>찾은 대로</translation>
    </message>
    <message>
        <source>History</source>
        <translation>이력</translation>
    </message>
    <message>
        <source>File:</source>
        <translation>파일:</translation>
    </message>
    <message>
        <source>Database file that every signed session is entered in; made where it is not there</source>
        <translation>서명한 모든 세션이 들어가는 데이터베이스 파일. 없으면 새로 만듭니다</translation>
    </message>
    <message>
        <source>Scanner:</source>
        <translation>스캐너:</translation>
    </message>
    <message>
        <source>Scanner whose chart is shown</source>
        <translation>관리도를 볼 스캐너</translation>
    </message>
    <message>
        <source>Number:</source>
        <translation>수치:</translation>
    </message>
    <message>
        <source>Number whose chart is shown</source>
        <translation>관리도를 볼 수치</translation>
    </message>
    <message>
        <source>Day:</source>
        <translation>날짜:</translation>
    </message>
    <message>
        <source>Day of the event: year-month-day</source>
        <translation>사건이 있은 날: 년-월-일</translation>
    </message>
    <message>
        <source>2026-01-31</source>
        <translation>2026-01-31</translation>
    </message>
    <message>
        <source>Event:</source>
        <translation>사건:</translation>
    </message>
    <message>
        <source>Upgrade, new coil, repair, refill of the phantom; points before and after it are never pooled</source>
        <translation>업그레이드, 새 코일, 수리, 팬텀 재충전. 그 전후의 점은 합치지 않습니다</translation>
    </message>
    <message>
        <source>what happened</source>
        <translation>무슨 일이 있었는지</translation>
    </message>
    <message>
        <source>Enter the event</source>
        <translation>사건 입력</translation>
    </message>
    <message>
        <source>Export charts and tables</source>
        <translation>관리도와 표 내보내기</translation>
    </message>
    <message>
        <source>Record</source>
        <translation>기록</translation>
    </message>
    <message>
        <source>Person:</source>
        <translation>담당자:</translation>
    </message>
    <message>
        <source>Code of the person who has checked the session, no name</source>
        <translation>세션을 확인한 사람의 코드. 이름은 쓰지 않습니다</translation>
    </message>
    <message>
        <source>Output folder:</source>
        <translation>출력 폴더:</translation>
    </message>
    <message>
        <source>Gets record.json, report.html, certificate.html, placements.json and measurements.csv</source>
        <translation>record.json, report.html, certificate.html, placements.json, measurements.csv가 저장됩니다</translation>
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
<context>
    <name>PhantomQCLib.busypanel</name>
    <message>
        <source>Canceled; nothing was changed.</source>
        <translation>취소되었습니다. 바뀐 것은 없습니다.</translation>
    </message>
    <message>
        <source>Unexpected failure; nothing was changed.</source>
        <translation>예기치 않은 오류가 발생했습니다. 바뀐 것은 없습니다.</translation>
    </message>
    <message>
        <source>Packages are missing: {names}</source>
        <translation>필요한 패키지가 없습니다: {names}</translation>
    </message>
</context>
<context>
    <name>PhantomQCLib.historybox</name>
    <message>
        <source>Tables and a page of all scanners into the output folder</source>
        <translation>모든 스캐너의 표와 페이지를 출력 폴더에 저장합니다</translation>
    </message>
    <message>
        <source>Enter the event in the history</source>
        <translation>사건을 이력에 넣습니다</translation>
    </message>
    <message>
        <source>No history is chosen</source>
        <translation>이력 파일을 고르지 않았습니다</translation>
    </message>
    <message>
        <source>A new history is made when the first session is signed</source>
        <translation>첫 세션에 서명하면 새 이력을 만듭니다</translation>
    </message>
    <message>
        <source>Nothing was changed behind the back of the history</source>
        <translation>이력이 몰래 바뀐 흔적이 없습니다</translation>
    </message>
    <message>
        <source>Written to {folder}</source>
        <translation>{folder}에 저장했습니다</translation>
    </message>
</context>
<context>
    <name>PhantomQCLib.phantomform</name>
    <message>
        <source>not stated</source>
        <translation>기재 없음</translation>
    </message>
    <message>
        <source>choose the phantom</source>
        <translation>팬텀을 고르십시오</translation>
    </message>
</context>
<context>
    <name>PhantomQCLib.phantompanel</name>
    <message>
        <source>An image or the regions were removed from the scene: compute again.</source>
        <translation>영상 또는 영역이 장면에서 제거되었습니다. 다시 계산하십시오.</translation>
    </message>
    <message>
        <source>This is no temperature in degrees Celsius</source>
        <translation>섭씨 온도가 아닙니다</translation>
    </message>
    <message>
        <source>Entered in the history</source>
        <translation>이력에 들어갔습니다</translation>
    </message>
    <message>
        <source>No history was chosen: the session is in no control chart</source>
        <translation>이력을 고르지 않아 세션이 관리도에 들어가지 않았습니다</translation>
    </message>
    <message>
        <source>Measure this session ({key})</source>
        <translation>이 세션을 측정합니다 ({key})</translation>
    </message>
    <message>
        <source>Written to {folder}</source>
        <translation>{folder}에 저장했습니다</translation>
    </message>
    <message>
        <source>These two regions change their labels ({key})</source>
        <translation>두 영역의 이름을 맞바꿉니다 ({key})</translation>
    </message>
    <message>
        <source>All regions turn by 60 degrees about the axis ({key})</source>
        <translation>모든 영역을 축을 중심으로 60도 돌립니다 ({key})</translation>
    </message>
    <message>
        <source>All regions turn by half a turn ({key})</source>
        <translation>모든 영역을 반 바퀴 돌립니다 ({key})</translation>
    </message>
    <message>
        <source>The phantom is seen from its other end ({key})</source>
        <translation>팬텀을 반대쪽 끝에서 본 것으로 합니다 ({key})</translation>
    </message>
    <message>
        <source>Take the last correction back ({key})</source>
        <translation>마지막 수정을 되돌립니다 ({key})</translation>
    </message>
    <message>
        <source>All regions where they were found ({key})</source>
        <translation>모든 영역을 찾은 자리로 되돌립니다 ({key})</translation>
    </message>
    <message>
        <source>Sign and write the record ({key})</source>
        <translation>기록에 서명하고 저장합니다 ({key})</translation>
    </message>
</context>
<context>
    <name>PhantomQCLib.phantomtables</name>
    <message>
        <source>Use</source>
        <translation>사용</translation>
    </message>
    <message>
        <source>Series</source>
        <translation>시리즈</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>영상</translation>
    </message>
    <message>
        <source>Description</source>
        <translation>설명</translation>
    </message>
    <message>
        <source>Outcome</source>
        <translation>결과</translation>
    </message>
    <message>
        <source>Number</source>
        <translation>수치</translation>
    </message>
    <message>
        <source>Value and limit</source>
        <translation>값과 한계값</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>출처</translation>
    </message>
    <message>
        <source>Region</source>
        <translation>영역</translation>
    </message>
    <message>
        <source>Certified</source>
        <translation>인증값</translation>
    </message>
    <message>
        <source>Reads</source>
        <translation>측정값</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>차이</translation>
    </message>
    <message>
        <source>Placed by</source>
        <translation>지정</translation>
    </message>
    <message>
        <source>search</source>
        <translation>탐색</translation>
    </message>
    <message>
        <source>Scanner</source>
        <translation>스캐너</translation>
    </message>
    <message>
        <source>Phantom</source>
        <translation>팬텀</translation>
    </message>
    <message>
        <source>Verdict</source>
        <translation>판정</translation>
    </message>
    <message>
        <source>Until</source>
        <translation>유효 기한</translation>
    </message>
    <message>
        <source>Mean</source>
        <translation>평균</translation>
    </message>
    <message>
        <source>Told</source>
        <translation>알림</translation>
    </message>
    <message>
        <source>a person</source>
        <translation>사람</translation>
    </message>
    <message>
        <source>over</source>
        <translation>기한 지남</translation>
    </message>
    <message>
        <source>apart</source>
        <translation>동떨어짐</translation>
    </message>
</context>
<context>
    <name>PhantomQCLib.phantomtexts</name>
    <message>
        <source>Drag a point to move its region; numbers and verdict follow</source>
        <translation>점을 끌면 영역이 옮겨지고 수치와 판정이 따라 바뀝니다</translation>
    </message>
    <message>
        <source>Reading images</source>
        <translation>영상 읽는 중</translation>
    </message>
    <message>
        <source>Finding the phantom</source>
        <translation>팬텀을 찾는 중</translation>
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
        <source>ice water</source>
        <translation>얼음물</translation>
    </message>
    <message>
        <source>thermometer in the phantom</source>
        <translation>팬텀 안의 온도계</translation>
    </message>
    <message>
        <source>thermometer beside the phantom</source>
        <translation>팬텀 옆의 온도계</translation>
    </message>
    <message>
        <source>No session measured yet</source>
        <translation>아직 측정한 세션이 없습니다</translation>
    </message>
    <message>
        <source>scanner without name</source>
        <translation>이름 없는 스캐너</translation>
    </message>
    <message>
        <source>No qualification follows from this session</source>
        <translation>이 세션으로는 적격 판정을 할 수 없습니다</translation>
    </message>
    <message>
        <source>none</source>
        <translation>없음</translation>
    </message>
    <message>
        <source>project choice</source>
        <translation>이 프로젝트의 선택</translation>
    </message>
    <message>
        <source>No region was found</source>
        <translation>영역을 찾지 못했습니다</translation>
    </message>
    <message>
        <source>Regions of this phantom follow the analysis</source>
        <translation>이 팬텀의 영역은 분석을 따릅니다</translation>
    </message>
    <message>
        <source>Waits for a session: choose a folder and open it</source>
        <translation>세션이 필요합니다. 폴더를 선택하고 여십시오</translation>
    </message>
    <message>
        <source>Waits for the phantom: choose the one that was scanned</source>
        <translation>팬텀이 필요합니다. 촬영한 팬텀을 고르십시오</translation>
    </message>
    <message>
        <source>Waits for a series: choose what is measured</source>
        <translation>시리즈가 필요합니다. 측정할 것을 고르십시오</translation>
    </message>
    <message>
        <source>Waits for the serial number as read from the phantom</source>
        <translation>팬텀에서 읽은 일련번호가 필요합니다</translation>
    </message>
    <message>
        <source>Waits for the temperature of the phantom during the scan</source>
        <translation>촬영 중 팬텀의 온도가 필요합니다</translation>
    </message>
    <message>
        <source>Waits for criteria: choose a set of limits</source>
        <translation>기준이 필요합니다. 한계값 모음을 고르십시오</translation>
    </message>
    <message>
        <source>Series, phantom, facts or criteria have changed: compute again</source>
        <translation>시리즈, 팬텀, 입력한 사실 또는 기준이 바뀌었습니다. 다시 계산하십시오</translation>
    </message>
    <message>
        <source>Waits for a name of the session</source>
        <translation>세션 이름이 필요합니다</translation>
    </message>
    <message>
        <source>Waits for a measured session: compute first</source>
        <translation>측정된 세션이 필요합니다. 먼저 계산하십시오</translation>
    </message>
    <message>
        <source>Waits for a phantom that was found</source>
        <translation>찾아낸 팬텀이 필요합니다</translation>
    </message>
    <message>
        <source>No region was moved</source>
        <translation>옮긴 영역이 없습니다</translation>
    </message>
    <message>
        <source>Waits for a history: choose a file that is there</source>
        <translation>이력이 필요합니다. 있는 파일을 고르십시오</translation>
    </message>
    <message>
        <source>Waits for a scanner: choose one</source>
        <translation>스캐너를 고르십시오</translation>
    </message>
    <message>
        <source>Waits for a day as year-month-day and what happened</source>
        <translation>년-월-일과 무슨 일이 있었는지가 필요합니다</translation>
    </message>
    <message>
        <source>Waits for the code of the person</source>
        <translation>담당자 코드가 필요합니다</translation>
    </message>
    <message>
        <source>Qualified</source>
        <translation>적격</translation>
    </message>
    <message>
        <source>Conditional</source>
        <translation>조건부</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>부적격</translation>
    </message>
    <message>
        <source>No verdict</source>
        <translation>판정 없음</translation>
    </message>
    <message>
        <source>pass</source>
        <translation>통과</translation>
    </message>
    <message>
        <source>too close to tell</source>
        <translation>가려낼 수 없음</translation>
    </message>
    <message>
        <source>fail</source>
        <translation>벗어남</translation>
    </message>
    <message>
        <source>not judged</source>
        <translation>판정 안 함</translation>
    </message>
    <message>
        <source>confirmed</source>
        <translation>확인됨</translation>
    </message>
    <message>
        <source>unconfirmed</source>
        <translation>미확인</translation>
    </message>
    <message>
        <source>No limits yet: too few points</source>
        <translation>점이 적어 아직 한계선이 없습니다</translation>
    </message>
    <message>
        <source>{maker}; serial number {serial}</source>
        <translation>{maker}; 일련번호 {serial}</translation>
    </message>
    <message>
        <source>Certificate {number}, valid until {until}</source>
        <translation>인증서 {number}, 유효 기한 {until}</translation>
    </message>
    <message>
        <source>Valid until {date}, unless software, coil, gradient or tube change before</source>
        <translation>{date}까지 유효합니다. 그 전에 소프트웨어, 코일, 경사자장 또는 관이 바뀌면 끝납니다</translation>
    </message>
    <message>
        <source>no date</source>
        <translation>날짜 없음</translation>
    </message>
    <message>
        <source>{low} to {high}</source>
        <translation>{low} ~ {high}</translation>
    </message>
    <message>
        <source>Placed by a person: {labels}</source>
        <translation>사람이 옮긴 영역: {labels}</translation>
    </message>
    <message>
        <source>New segment: {words}</source>
        <translation>새 구간: {words}</translation>
    </message>
    <message>
        <source>of the type, any</source>
        <translation>같은 종류 모두</translation>
    </message>
    <message>
        <source>without number</source>
        <translation>번호 없음</translation>
    </message>
    <message>
        <source>not stated</source>
        <translation>기재 없음</translation>
    </message>
    <message>
        <source>Entered by {first}, verified by {second}</source>
        <translation>입력 {first}, 확인 {second}</translation>
    </message>
    <message>
        <source>... and {count} more</source>
        <translation>... 외 {count}개</translation>
    </message>
    <message>
        <source>Changed since the session before: {changes}</source>
        <translation>이전 세션 이후 바뀐 것: {changes}</translation>
    </message>
    <message>
        <source>pass {number}</source>
        <translation>{number}번째 측정</translation>
    </message>
    <message>
        <source>Last session {date}: {rules}</source>
        <translation>마지막 세션 {date}: {rules}</translation>
    </message>
    <message>
        <source>Last session {date}: no rule is broken</source>
        <translation>마지막 세션 {date}: 어긋난 규칙이 없습니다</translation>
    </message>
</context>
<context>
    <name>PhantomQCLib.phantomviews</name>
    <message>
        <source>Image</source>
        <translation>영상</translation>
    </message>
    <message>
        <source>Image or ADC</source>
        <translation>영상 또는 ADC</translation>
    </message>
</context>
<context>
    <name>strokequant.issue_codes</name>
    <message>
        <source>the slices do not form a grid</source>
        <translation>슬라이스가 격자를 이루지 않음</translation>
    </message>
    <message>
        <source>Spacing Between Slices disagrees with the slice positions</source>
        <translation>Spacing Between Slices가 슬라이스 위치와 맞지 않음</translation>
    </message>
    <message>
        <source>Spacing Between Slices is negative; it is ignored</source>
        <translation>Spacing Between Slices가 음수이므로 사용하지 않음</translation>
    </message>
    <message>
        <source>gantry tilt: slices are stacked at an angle to their normal</source>
        <translation>갠트리 기울기: 슬라이스가 법선에 비스듬히 쌓여 있음</translation>
    </message>
    <message>
        <source>slices are unevenly spaced</source>
        <translation>슬라이스 간격이 고르지 않음</translation>
    </message>
    <message>
        <source>a slice is missing</source>
        <translation>빠진 슬라이스가 있음</translation>
    </message>
    <message>
        <source>two slices lie at one position</source>
        <translation>두 슬라이스가 같은 위치에 있음</translation>
    </message>
    <message>
        <source>slices overlap</source>
        <translation>슬라이스가 겹침</translation>
    </message>
    <message>
        <source>gaps between the slices</source>
        <translation>슬라이스 사이에 틈이 있음</translation>
    </message>
    <message>
        <source>Instance Number does not follow the positions</source>
        <translation>Instance Number가 슬라이스 위치 순서와 다름</translation>
    </message>
    <message>
        <source>one series holds several acquisitions</source>
        <translation>한 시리즈에 여러 번의 촬영이 들어 있음</translation>
    </message>
    <message>
        <source>one series holds several orientations</source>
        <translation>한 시리즈에 여러 방향의 영상이 들어 있음</translation>
    </message>
    <message>
        <source>Siemens mosaic without what is needed to unfold it</source>
        <translation>Siemens 모자이크를 펼치는 데 필요한 정보가 없음</translation>
    </message>
    <message>
        <source>UIH VFRAME mosaic without what is needed to unfold it</source>
        <translation>UIH VFRAME 모자이크를 펼치는 데 필요한 정보가 없음</translation>
    </message>
    <message>
        <source>two images lie on different grids</source>
        <translation>두 영상의 격자가 서로 다름</translation>
    </message>
    <message>
        <source>patient position or orientation is unusual</source>
        <translation>환자 자세 또는 방향이 일반적이지 않음</translation>
    </message>
    <message>
        <source>one slice only</source>
        <translation>슬라이스가 하나뿐임</translation>
    </message>
    <message>
        <source>a transform in Slicer moves the image away from where it was acquired</source>
        <translation>Slicer의 변환이 영상을 촬영 위치에서 옮김</translation>
    </message>
    <message>
        <source>rescale differs between slices</source>
        <translation>슬라이스마다 rescale 값이 다름</translation>
    </message>
    <message>
        <source>Philips scale factors are missing or inconsistent</source>
        <translation>Philips 배율 계수가 없거나 서로 맞지 않음</translation>
    </message>
    <message>
        <source>modality LUT applied</source>
        <translation>modality LUT를 적용함</translation>
    </message>
    <message>
        <source>negative values in an ADC map</source>
        <translation>ADC 지도에 음수 값이 있음</translation>
    </message>
    <message>
        <source>padding values masked</source>
        <translation>채움 값을 제외함</translation>
    </message>
    <message>
        <source>b0 and DWI do not share one scale</source>
        <translation>b0와 DWI의 값 배율이 같지 않음</translation>
    </message>
    <message>
        <source>pixel data cannot be decoded</source>
        <translation>픽셀 데이터를 해독할 수 없음</translation>
    </message>
    <message>
        <source>no background to estimate the noise from</source>
        <translation>잡음을 추정할 배경이 없음</translation>
    </message>
    <message>
        <source>the photometric interpretation inverts the display, not the values</source>
        <translation>photometric interpretation은 표시만 반전하며 값은 그대로임</translation>
    </message>
    <message>
        <source>recomputed and vendor ADC disagree</source>
        <translation>다시 계산한 ADC와 제조사 ADC가 다름</translation>
    </message>
    <message>
        <source>derived frames are mixed with acquired ones</source>
        <translation>파생 프레임과 촬영 프레임이 섞여 있음</translation>
    </message>
    <message>
        <source>a frame without b value and direction may be an ADC map</source>
        <translation>b 값과 방향이 없는 프레임은 ADC 지도일 수 있음</translation>
    </message>
    <message>
        <source>the b value of a vendor map is unknown</source>
        <translation>제조사 지도의 b 값을 알 수 없음</translation>
    </message>
    <message>
        <source>object without image pixels</source>
        <translation>영상 픽셀이 없는 객체</translation>
    </message>
    <message>
        <source>transfer syntax cannot be decoded</source>
        <translation>전송 구문을 해독할 수 없음</translation>
    </message>
    <message>
        <source>files of one series contradict each other</source>
        <translation>한 시리즈의 파일들이 서로 모순됨</translation>
    </message>
    <message>
        <source>several series are equally good</source>
        <translation>똑같이 적합한 시리즈가 여럿임</translation>
    </message>
    <message>
        <source>b0 and weighted images are in two series</source>
        <translation>b0와 확산강조영상이 서로 다른 시리즈에 있음</translation>
    </message>
    <message>
        <source>b value missing</source>
        <translation>b 값이 없음</translation>
    </message>
    <message>
        <source>b value implausible</source>
        <translation>b 값이 타당하지 않음</translation>
    </message>
    <message>
        <source>actual and nominal b value differ</source>
        <translation>실제 b 값과 명목 b 값이 다름</translation>
    </message>
    <message>
        <source>b value outside the range of the core threshold</source>
        <translation>b 값이 코어 임계값의 적용 범위를 벗어남</translation>
    </message>
    <message>
        <source>no b0 or no second b value</source>
        <translation>b0 또는 두 번째 b 값이 없음</translation>
    </message>
    <message>
        <source>the gradient directions do not average to a trace</source>
        <translation>경사 방향의 평균이 trace가 되지 않음</translation>
    </message>
    <message>
        <source>b value entered by hand</source>
        <translation>b 값을 수동으로 입력함</translation>
    </message>
    <message>
        <source>images of one series were moved onto each other</source>
        <translation>한 시리즈의 영상들을 서로 정합함</translation>
    </message>
    <message>
        <source>alignment of the images was not possible</source>
        <translation>영상을 정합할 수 없음</translation>
    </message>
    <message>
        <source>the head moved between frames; corrected</source>
        <translation>프레임 사이에 머리가 움직여 보정함</translation>
    </message>
    <message>
        <source>motion is left after correction</source>
        <translation>보정 후에도 움직임이 남음</translation>
    </message>
    <message>
        <source>frames torn by motion were replaced</source>
        <translation>움직임으로 손상된 프레임을 대체함</translation>
    </message>
    <message>
        <source>only motion within the slices was measured</source>
        <translation>슬라이스 안의 움직임만 측정함</translation>
    </message>
    <message>
        <source>diffusion was not registered to perfusion</source>
        <translation>확산 영상을 관류 영상에 정합하지 않음</translation>
    </message>
    <message>
        <source>diffusion was registered to perfusion</source>
        <translation>확산 영상을 관류 영상에 정합함</translation>
    </message>
    <message>
        <source>ADC unit taken from the physiologic range</source>
        <translation>ADC 단위를 생리적 범위에서 정함</translation>
    </message>
    <message>
        <source>ADC unit unknown</source>
        <translation>ADC 단위를 알 수 없음</translation>
    </message>
    <message>
        <source>unit of an image unknown</source>
        <translation>영상의 단위를 알 수 없음</translation>
    </message>
    <message>
        <source>brain mask implausible</source>
        <translation>뇌 마스크가 타당하지 않음</translation>
    </message>
    <message>
        <source>no DWI to gate the ADC threshold</source>
        <translation>ADC 임계값을 제한할 DWI가 없음</translation>
    </message>
    <message>
        <source>clean-up removed everything that the threshold had found</source>
        <translation>임계값으로 찾은 것이 정리 과정에서 모두 제거됨</translation>
    </message>
    <message>
        <source>below measurable size</source>
        <translation>측정 가능한 크기보다 작음</translation>
    </message>
    <message>
        <source>automatic proposal, not signed by a reader</source>
        <translation>자동 제안이며 판독자가 서명하지 않음</translation>
    </message>
    <message>
        <source>slab: a part of the brain only</source>
        <translation>뇌의 일부만 포함한 영상</translation>
    </message>
    <message>
        <source>no skull around the brain on CT</source>
        <translation>CT에서 뇌 주위에 두개골이 없음</translation>
    </message>
    <message>
        <source>the midline is uncertain</source>
        <translation>정중선이 불확실함</translation>
    </message>
    <message>
        <source>cerebrospinal fluid cannot be told from tissue</source>
        <translation>뇌척수액과 조직을 구별할 수 없음</translation>
    </message>
    <message>
        <source>parts of the brain mask that no blood passes through are left out</source>
        <translation>혈류가 통과하지 않는 뇌 마스크 부분을 제외함</translation>
    </message>
    <message>
        <source>no bolus: the contrast agent cannot be seen</source>
        <translation>볼루스가 없음: 조영제가 보이지 않음</translation>
    </message>
    <message>
        <source>two boluses in one series</source>
        <translation>한 시리즈에 볼루스가 두 번 있음</translation>
    </message>
    <message>
        <source>few frames before the bolus</source>
        <translation>볼루스 이전 프레임이 적음</translation>
    </message>
    <message>
        <source>the bolus comes before the first usable frame</source>
        <translation>볼루스가 사용 가능한 첫 프레임보다 먼저 옴</translation>
    </message>
    <message>
        <source>the scan ends before the bolus has passed</source>
        <translation>볼루스가 지나가기 전에 촬영이 끝남</translation>
    </message>
    <message>
        <source>the signal changes the wrong way for contrast agent</source>
        <translation>신호가 조영제와 반대 방향으로 변함</translation>
    </message>
    <message>
        <source>frames before the steady state are left out</source>
        <translation>정상 상태 이전의 프레임을 제외함</translation>
    </message>
    <message>
        <source>the signal drifts or jumps before the bolus</source>
        <translation>볼루스 이전에 신호가 서서히 변하거나 튐</translation>
    </message>
    <message>
        <source>echo time missing or implausible</source>
        <translation>에코 시간이 없거나 타당하지 않음</translation>
    </message>
    <message>
        <source>voxels without a positive signal are left out</source>
        <translation>양의 신호가 없는 복셀을 제외함</translation>
    </message>
    <message>
        <source>clipped or saturated values</source>
        <translation>잘리거나 포화된 값</translation>
    </message>
    <message>
        <source>noise of the frames decides the smoothing</source>
        <translation>프레임의 잡음에 따라 평활화를 정함</translation>
    </message>
    <message>
        <source>not a dynamic series that concentration can be computed of</source>
        <translation>농도를 계산할 수 있는 동적 시리즈가 아님</translation>
    </message>
    <message>
        <source>leakage correction</source>
        <translation>누출 보정</translation>
    </message>
    <message>
        <source>baseline set by hand</source>
        <translation>기준선을 수동으로 정함</translation>
    </message>
    <message>
        <source>the contrast is weak against the noise</source>
        <translation>잡음에 비해 조영 효과가 약함</translation>
    </message>
    <message>
        <source>a person said what the dynamic series is</source>
        <translation>동적 영상의 종류를 사람이 지정함</translation>
    </message>
    <message>
        <source>the volume depends on the noise</source>
        <translation>부피가 잡음에 따라 달라짐</translation>
    </message>
    <message>
        <source>curves cannot be deconvolved with this artery, these times or these settings</source>
        <translation>이 동맥, 시간 또는 설정으로는 곡선을 디콘볼루션할 수 없음</translation>
    </message>
    <message>
        <source>curves were interpolated to even times</source>
        <translation>곡선을 균등한 시간 간격으로 보간함</translation>
    </message>
    <message>
        <source>Tmax at an end of the search window in many voxels</source>
        <translation>많은 복셀에서 Tmax가 탐색 범위의 끝에 있음</translation>
    </message>
    <message>
        <source>no arterial input is good enough</source>
        <translation>충분히 좋은 동맥 입력이 없음</translation>
    </message>
    <message>
        <source>no venous output found</source>
        <translation>정맥 출력을 찾지 못함</translation>
    </message>
    <message>
        <source>late arterial input</source>
        <translation>늦은 동맥 입력</translation>
    </message>
    <message>
        <source>wide, dispersed arterial input</source>
        <translation>넓게 퍼진 동맥 입력</translation>
    </message>
    <message>
        <source>the arterial input has not fallen at the last frame</source>
        <translation>마지막 프레임에서 동맥 입력이 아직 내려오지 않음</translation>
    </message>
    <message>
        <source>the venous output has not fallen at the last frame: scan truncated</source>
        <translation>마지막 프레임에서 정맥 출력이 아직 내려오지 않음: 촬영이 일찍 끝남</translation>
    </message>
    <message>
        <source>vessel curve clipped or at the noise floor</source>
        <translation>혈관 곡선이 잘렸거나 잡음 수준에 있음</translation>
    </message>
    <message>
        <source>vessel curve fails a rule of shape</source>
        <translation>혈관 곡선이 모양 규칙에 맞지 않음</translation>
    </message>
    <message>
        <source>a better-ranked artery was passed over</source>
        <translation>순위가 더 높은 동맥을 선택하지 않음</translation>
    </message>
    <message>
        <source>ratio of venous to arterial area</source>
        <translation>정맥 대 동맥 곡선 아래 면적의 비</translation>
    </message>
    <message>
        <source>vessel voxels or curve file cannot be used</source>
        <translation>혈관 복셀 또는 곡선 파일을 사용할 수 없음</translation>
    </message>
    <message>
        <source>the venous output does not come after the arterial input</source>
        <translation>정맥 출력이 동맥 입력보다 늦지 않음</translation>
    </message>
    <message>
        <source>venous transit: prolonged, or not to be told</source>
        <translation>정맥 통과: 연장되었거나 판단할 수 없음</translation>
    </message>
    <message>
        <source>the limit of a trial's clause was not checked against the publication</source>
        <translation>임상시험 조항의 기준값을 논문과 대조하지 않음</translation>
    </message>
    <message>
        <source>a fact that a trial's rule asks for is missing</source>
        <translation>임상시험 규칙에 필요한 사실이 없음</translation>
    </message>
    <message>
        <source>not the trial's software: map, core or reference tissue differ</source>
        <translation>임상시험에 쓰인 소프트웨어가 아님: 지도, 코어 또는 기준 조직이 다름</translation>
    </message>
    <message>
        <source>clinical facts cannot be used</source>
        <translation>임상 정보를 사용할 수 없음</translation>
    </message>
    <message>
        <source>a rule file cannot be used</source>
        <translation>규칙 파일을 사용할 수 없음</translation>
    </message>
    <message>
        <source>the lesion that a trial defined was not measured</source>
        <translation>임상시험에서 정의한 병변을 측정하지 않음</translation>
    </message>
    <message>
        <source>the affected side cannot be told</source>
        <translation>병변이 있는 쪽을 알 수 없음</translation>
    </message>
    <message>
        <source>the lesion reaches the end of the slab: its volume is a lower limit</source>
        <translation>병변이 영상 끝에 닿음: 부피는 하한값임</translation>
    </message>
    <message>
        <source>clean-up removed much of what the threshold had found</source>
        <translation>임계값으로 찾은 것의 상당 부분이 정리 과정에서 제거됨</translation>
    </message>
    <message>
        <source>too little reference tissue</source>
        <translation>기준 조직이 너무 적음</translation>
    </message>
    <message>
        <source>core outside the hypoperfused tissue</source>
        <translation>저관류 조직 밖에 코어가 있음</translation>
    </message>
    <message>
        <source>the core is larger than the hypoperfused tissue</source>
        <translation>코어가 저관류 조직보다 큼</translation>
    </message>
    <message>
        <source>the core is 0: the mismatch ratio is infinite</source>
        <translation>코어가 0임: 불일치 비는 무한대</translation>
    </message>
    <message>
        <source>no hypoperfusion: a ratio or index of it is not defined</source>
        <translation>저관류가 없음: 비 또는 지수가 정의되지 않음</translation>
    </message>
    <message>
        <source>Tmax in the lesion reaches the end of the search window</source>
        <translation>병변의 Tmax가 탐색 범위의 끝에 이름</translation>
    </message>
    <message>
        <source>the reference side is hypoperfused too</source>
        <translation>기준이 되는 쪽도 저관류임</translation>
    </message>
    <message>
        <source>the core of an MR study is low flow, not diffusion</source>
        <translation>MR 검사의 코어를 확산이 아니라 낮은 혈류로 정함</translation>
    </message>
    <message>
        <source>baseline and follow-up are of different patients</source>
        <translation>기준 검사와 추적 검사의 환자가 다름</translation>
    </message>
    <message>
        <source>the follow-up is not later than the baseline</source>
        <translation>추적 검사가 기준 검사보다 늦지 않음</translation>
    </message>
    <message>
        <source>techniques are mixed in one growth value</source>
        <translation>하나의 증가량에 서로 다른 영상 기법이 섞여 있음</translation>
    </message>
    <message>
        <source>slice thickness or distance differs between the time points</source>
        <translation>두 시점의 슬라이스 두께 또는 간격이 다름</translation>
    </message>
    <message>
        <source>reconstruction kernel differs between the time points</source>
        <translation>두 시점의 재구성 커널이 다름</translation>
    </message>
    <message>
        <source>method differs between the time points</source>
        <translation>두 시점의 측정 방법이 다름</translation>
    </message>
    <message>
        <source>a volume that the growth needs is missing</source>
        <translation>증가량에 필요한 부피가 없음</translation>
    </message>
    <message>
        <source>a volume of 0: percent, ratio or logarithm is not defined</source>
        <translation>부피가 0임: 백분율, 비 또는 로그가 정의되지 않음</translation>
    </message>
    <message>
        <source>a volume of the growth is below measurable size</source>
        <translation>증가량의 부피가 측정 가능한 크기보다 작음</translation>
    </message>
    <message>
        <source>a change that these readers cannot detect</source>
        <translation>이 판독자들이 검출할 수 없는 변화</translation>
    </message>
    <message>
        <source>which readers measured is not known</source>
        <translation>어떤 판독자가 측정했는지 알 수 없음</translation>
    </message>
    <message>
        <source>identity or time of a time point is not known</source>
        <translation>시점의 신원 또는 시간을 알 수 없음</translation>
    </message>
    <message>
        <source>the detectable difference was published for hematomas without ventricular blood</source>
        <translation>검출 가능한 차이는 뇌실내 출혈이 없는 혈종에 대해 발표됨</translation>
    </message>
    <message>
        <source>baseline and follow-up were paired automatically</source>
        <translation>기저와 추적 시점이 자동으로 짝지어짐</translation>
    </message>
    <message>
        <source>the follow-up was not registered to the baseline</source>
        <translation>추적 검사를 기준 검사에 정합하지 않음</translation>
    </message>
    <message>
        <source>the follow-up was registered to the baseline</source>
        <translation>추적 검사를 기준 검사에 정합함</translation>
    </message>
    <message>
        <source>the two directions of a registration differ</source>
        <translation>양방향 정합의 결과가 다름</translation>
    </message>
    <message>
        <source>a part of a mask lies outside the other image</source>
        <translation>마스크의 일부가 다른 영상 밖에 있음</translation>
    </message>
    <message>
        <source>an answer of a form is missing</source>
        <translation>서식의 응답이 없음</translation>
    </message>
    <message>
        <source>an answer of a form cannot be</source>
        <translation>서식의 응답이 있을 수 없는 값임</translation>
    </message>
    <message>
        <source>answers of a form contradict each other</source>
        <translation>서식의 응답들이 서로 모순됨</translation>
    </message>
    <message>
        <source>a form file cannot be used</source>
        <translation>서식 파일을 사용할 수 없음</translation>
    </message>
    <message>
        <source>a score without scale, version or modality</source>
        <translation>척도, 판 또는 검사 종류가 없는 점수</translation>
    </message>
    <message>
        <source>a scale does not belong to this modality</source>
        <translation>척도가 이 검사 종류에 해당하지 않음</translation>
    </message>
    <message>
        <source>grade and percent of a score disagree</source>
        <translation>점수의 등급과 백분율이 맞지 않음</translation>
    </message>
    <message>
        <source>ECASS and Heidelberg class disagree</source>
        <translation>ECASS 분류와 Heidelberg 분류가 맞지 않음</translation>
    </message>
    <message>
        <source>the share of clot in the infarct is close to the limit</source>
        <translation>경색 내 혈종의 비율이 기준값에 가까움</translation>
    </message>
    <message>
        <source>clot outside the infarct mask</source>
        <translation>경색 마스크 밖에 혈종이 있음</translation>
    </message>
    <message>
        <source>contrast staining may be taken for blood</source>
        <translation>조영제 착색이 출혈로 오인될 수 있음</translation>
    </message>
    <message>
        <source>no infarct: the share of clot is not defined</source>
        <translation>경색이 없음: 혈종의 비율이 정의되지 않음</translation>
    </message>
    <message>
        <source>the reader's share of clot is not the measured one</source>
        <translation>판독자의 혈종 비율이 측정값과 다름</translation>
    </message>
    <message>
        <source>chronic lesions in the final infarct</source>
        <translation>최종 경색 안의 만성 병변</translation>
    </message>
    <message>
        <source>edema correction not possible</source>
        <translation>부종 보정을 할 수 없음</translation>
    </message>
    <message>
        <source>net water uptake not possible, or below 0</source>
        <translation>순수 수분 흡수량을 구할 수 없거나 0 미만임</translation>
    </message>
    <message>
        <source>too little of a region for a hint</source>
        <translation>힌트를 주기에 영역이 너무 적음</translation>
    </message>
    <message>
        <source>there is no outline of the final infarct</source>
        <translation>최종 경색의 윤곽이 없음</translation>
    </message>
    <message>
        <source>the frames have no usable times</source>
        <translation>프레임에 사용할 수 있는 시간이 없음</translation>
    </message>
    <message>
        <source>frame times come from a less certain element</source>
        <translation>프레임 시간을 덜 확실한 요소에서 가져옴</translation>
    </message>
    <message>
        <source>frame times repeat or decrease</source>
        <translation>프레임 시간이 반복되거나 줄어듦</translation>
    </message>
    <message>
        <source>a frame is there twice</source>
        <translation>같은 프레임이 두 번 있음</translation>
    </message>
    <message>
        <source>elements that say the time contradict each other</source>
        <translation>시간을 나타내는 요소들이 서로 모순됨</translation>
    </message>
    <message>
        <source>slices of one frame were imaged too far apart in time</source>
        <translation>한 프레임의 슬라이스들이 시간상 너무 떨어져 촬영됨</translation>
    </message>
    <message>
        <source>long steps between frames</source>
        <translation>프레임 사이 간격이 김</translation>
    </message>
    <message>
        <source>frame times are rounded to whole seconds</source>
        <translation>프레임 시간이 초 단위로 반올림됨</translation>
    </message>
    <message>
        <source>Repetition Time disagrees with the steps between frames</source>
        <translation>Repetition Time이 프레임 간격과 맞지 않음</translation>
    </message>
    <message>
        <source>the number of temporal positions disagrees with the frames that are there</source>
        <translation>시간 위치의 수가 실제 프레임 수와 맞지 않음</translation>
    </message>
    <message>
        <source>a frame is missing or incomplete</source>
        <translation>빠졌거나 불완전한 프레임이 있음</translation>
    </message>
    <message>
        <source>when each slice of a frame was imaged is not known</source>
        <translation>프레임의 각 슬라이스가 촬영된 시각을 알 수 없음</translation>
    </message>
    <message>
        <source>too few frames</source>
        <translation>프레임이 너무 적음</translation>
    </message>
    <message>
        <source>the series is too short for a bolus</source>
        <translation>시리즈가 볼루스를 담기에 너무 짧음</translation>
    </message>
    <message>
        <source>the step between frames is too long or implausible</source>
        <translation>프레임 간격이 너무 길거나 타당하지 않음</translation>
    </message>
    <message>
        <source>echo time, tube voltage or exposure changes between frames</source>
        <translation>프레임 사이에 에코 시간, 관전압 또는 노출이 바뀜</translation>
    </message>
    <message>
        <source>stored values wrap around</source>
        <translation>저장된 값이 범위를 넘어 되돌아감</translation>
    </message>
    <message>
        <source>stored values at the limit of what the file can hold</source>
        <translation>저장된 값이 파일이 담을 수 있는 한계에 있음</translation>
    </message>
    <message>
        <source>frame times were given by the user</source>
        <translation>프레임 시간을 사용자가 지정함</translation>
    </message>
    <message>
        <source>several series form one time series</source>
        <translation>여러 시리즈가 하나의 시계열을 이룸</translation>
    </message>
    <message>
        <source>one slice only: curves, but no volume of a lesion</source>
        <translation>슬라이스가 하나뿐임: 곡선은 있으나 병변 부피는 없음</translation>
    </message>
    <message>
        <source>air on CT does not read -1000 HU</source>
        <translation>CT에서 공기 값이 -1000 HU가 아님</translation>
    </message>
    <message>
        <source>Rescale Type is missing</source>
        <translation>Rescale Type이 없음</translation>
    </message>
    <message>
        <source>CT numbers wrap around</source>
        <translation>CT 값이 범위를 넘어 되돌아감</translation>
    </message>
    <message>
        <source>contrast agent or a bone kernel where a plain CT is needed</source>
        <translation>비조영 CT가 필요한 곳에 조영제 또는 뼈 커널이 있음</translation>
    </message>
    <message>
        <source>derived CT images, no acquisition</source>
        <translation>촬영 영상이 아닌 파생 CT 영상</translation>
    </message>
    <message>
        <source>thick CT slices</source>
        <translation>두꺼운 CT 슬라이스</translation>
    </message>
    <message>
        <source>tube voltage missing or unusual</source>
        <translation>관전압이 없거나 통상적이지 않음</translation>
    </message>
    <message>
        <source>kernel, tube voltage or thickness change within the CT</source>
        <translation>CT 안에서 커널, 관전압 또는 두께가 바뀜</translation>
    </message>
    <message>
        <source>CSF or brain does not have its CT number</source>
        <translation>뇌척수액 또는 뇌의 CT 값이 맞지 않음</translation>
    </message>
    <message>
        <source>metal or gas in the skull: surgery, drain or injury</source>
        <translation>두개 안의 금속 또는 기체: 수술, 배액관 또는 외상</translation>
    </message>
    <message>
        <source>the CT does not cover all of the brain or of the clot</source>
        <translation>CT가 뇌 또는 혈종 전체를 포함하지 않음</translation>
    </message>
    <message>
        <source>the seed is not on blood</source>
        <translation>시작점이 혈액 위에 있지 않음</translation>
    </message>
    <message>
        <source>the clot runs into tissue as bright as it</source>
        <translation>혈종이 비슷하게 밝은 조직으로 이어짐</translation>
    </message>
    <message>
        <source>a layer of blood with edges thinner than the images show</source>
        <translation>영상 해상도보다 얇은 가장자리를 가진 출혈층</translation>
    </message>
    <message>
        <source>clot and surroundings cannot be told apart</source>
        <translation>혈종과 주변을 구분할 수 없음</translation>
    </message>
    <message>
        <source>two outlined structures shared voxels</source>
        <translation>윤곽을 그린 두 구조가 복셀을 공유함</translation>
    </message>
    <message>
        <source>automatic proposal of blood</source>
        <translation>혈액의 자동 제안</translation>
    </message>
    <message>
        <source>edema is a guess by the mirror image</source>
        <translation>부종은 거울상에 의한 추정임</translation>
    </message>
    <message>
        <source>edema cannot be told from its mirror image</source>
        <translation>부종을 반대쪽 대칭 영상과 구분할 수 없음</translation>
    </message>
    <message>
        <source>a fluid level, or tissue beside the clot that is denser than brain</source>
        <translation>혈종의 액체층(수평면) 또는 혈종 옆에 뇌보다 밀도가 높은 조직이 있음</translation>
    </message>
    <message>
        <source>no phantom in the images</source>
        <translation>영상에 팬텀이 없음</translation>
    </message>
    <message>
        <source>a vial does not look as its certificate says</source>
        <translation>바이알이 인증서와 다르게 보임</translation>
    </message>
    <message>
        <source>a vial was placed by the layout of the phantom</source>
        <translation>바이알 위치를 팬텀 배치도에 따라 정함</translation>
    </message>
    <message>
        <source>regions were placed by a person</source>
        <translation>사람이 영역을 배치함</translation>
    </message>
    <message>
        <source>clipped voxels in a region</source>
        <translation>영역 안에 잘린 복셀이 있음</translation>
    </message>
    <message>
        <source>uneven signal in a region: an air bubble, or a wrong place</source>
        <translation>영역의 신호가 고르지 않음: 기포이거나 위치가 잘못됨</translation>
    </message>
    <message>
        <source>a series of the phantom is not used</source>
        <translation>팬텀 시리즈 하나를 사용하지 않음</translation>
    </message>
    <message>
        <source>gradient amplitude is off</source>
        <translation>경사자장 크기가 맞지 않음</translation>
    </message>
    <message>
        <source>gradients are not linear in space</source>
        <translation>경사자장이 공간적으로 선형이 아님</translation>
    </message>
    <message>
        <source>the phantom has another temperature than stated</source>
        <translation>팬텀 온도가 진술된 온도와 다름</translation>
    </message>
    <message>
        <source>the phantom has not one temperature</source>
        <translation>팬텀 온도가 균일하지 않음</translation>
    </message>
    <message>
        <source>ADC changes from pass to pass</source>
        <translation>촬영 회차마다 ADC가 변함</translation>
    </message>
    <message>
        <source>too much noise</source>
        <translation>잡음이 너무 큼</translation>
    </message>
    <message>
        <source>signal at the noise floor</source>
        <translation>신호가 잡음 바닥 수준임</translation>
    </message>
    <message>
        <source>a b value does not go with the others</source>
        <translation>b 값 하나가 다른 값들과 맞지 않음</translation>
    </message>
    <message>
        <source>Nyquist ghost</source>
        <translation>나이퀴스트 고스트</translation>
    </message>
    <message>
        <source>echo planar images are displaced</source>
        <translation>에코 평면 영상이 밀려 있음</translation>
    </message>
    <message>
        <source>several protocols, not pooled</source>
        <translation>여러 프로토콜이며 합치지 않음</translation>
    </message>
    <message>
        <source>the order of the vials is not that of the certificate</source>
        <translation>바이알 순서가 인증서와 다름</translation>
    </message>
    <message>
        <source>ADC and certificate differ without a pattern</source>
        <translation>ADC와 인증서가 일정한 양상 없이 다름</translation>
    </message>
    <message>
        <source>the signal scale differs between b values</source>
        <translation>b 값마다 신호 척도가 다름</translation>
    </message>
    <message>
        <source>the scan does not keep to a protocol of the profile</source>
        <translation>검사가 프로파일의 어느 프로토콜과도 맞지 않음</translation>
    </message>
    <message>
        <source>the phantom is not in the registry, or not the one that was named</source>
        <translation>팬텀이 등록부에 없거나 지정된 팬텀이 아님</translation>
    </message>
    <message>
        <source>serial number of the phantom missing or not that of the certificate</source>
        <translation>팬텀 일련번호가 없거나 인증서와 다름</translation>
    </message>
    <message>
        <source>certificate missing, not verified or expired</source>
        <translation>인증서가 없거나 확인되지 않았거나 만료됨</translation>
    </message>
    <message>
        <source>the certificate does not state its coverage factor</source>
        <translation>인증서에 포함 인자가 적혀 있지 않음</translation>
    </message>
    <message>
        <source>temperature of the phantom not known</source>
        <translation>팬텀 온도를 알 수 없음</translation>
    </message>
    <message>
        <source>outside the certified range</source>
        <translation>인증 범위를 벗어남</translation>
    </message>
    <message>
        <source>between distant nodes of the certificate: no bias is judged</source>
        <translation>인증서의 먼 기준점 사이임: 편향을 판정하지 않음</translation>
    </message>
    <message>
        <source>the scan does not meet a condition of the certificate</source>
        <translation>촬영이 인증서의 조건을 충족하지 않음</translation>
    </message>
    <message>
        <source>a registry file cannot be used</source>
        <translation>등록부 파일을 사용할 수 없음</translation>
    </message>
    <message>
        <source>a criteria file cannot be used</source>
        <translation>기준 파일을 사용할 수 없음</translation>
    </message>
    <message>
        <source>a limit was not checked against the primary document</source>
        <translation>한계값을 원문과 대조하지 않음</translation>
    </message>
    <message>
        <source>the phantom is not as it should be: bubble, leak, damage</source>
        <translation>팬텀 상태가 정상이 아님: 기포, 누출, 손상</translation>
    </message>
    <message>
        <source>a number that a limit asks for was not measured</source>
        <translation>한계값에 필요한 수치를 측정하지 않음</translation>
    </message>
    <message>
        <source>outside the physical range</source>
        <translation>물리적 범위를 벗어남</translation>
    </message>
    <message>
        <source>the scanner was changed since its qualification</source>
        <translation>자격 확인 후 스캐너가 변경됨</translation>
    </message>
    <message>
        <source>the qualification of the scanner is out of date</source>
        <translation>스캐너의 자격 기간이 지남</translation>
    </message>
    <message>
        <source>no qualification of this scanner</source>
        <translation>이 스캐너의 자격 확인이 없음</translation>
    </message>
    <message>
        <source>a rule of a control chart was broken</source>
        <translation>관리도 규칙을 위반함</translation>
    </message>
    <message>
        <source>too few points for a baseline</source>
        <translation>기준선을 위한 점이 너무 적음</translation>
    </message>
    <message>
        <source>a history file cannot be used</source>
        <translation>이력 파일을 사용할 수 없음</translation>
    </message>
    <message>
        <source>a statistic cannot be computed of these data</source>
        <translation>이 자료로는 통계량을 계산할 수 없음</translation>
    </message>
    <message>
        <source>a negative variance component is reported as 0</source>
        <translation>음수 분산 성분을 0으로 보고함</translation>
    </message>
    <message>
        <source>bias of the scanner in an endpoint</source>
        <translation>평가변수에 미치는 스캐너 편향</translation>
    </message>
    <message>
        <source>the effect of the bias on an endpoint is not known</source>
        <translation>편향이 평가변수에 미치는 영향을 알 수 없음</translation>
    </message>
    <message>
        <source>a part of the phantom is not in the images</source>
        <translation>팬텀의 일부가 영상에 없음</translation>
    </message>
    <message>
        <source>the phantom does not lie as it should</source>
        <translation>팬텀이 바르게 놓이지 않음</translation>
    </message>
    <message>
        <source>stored values above what the header declares</source>
        <translation>저장값이 헤더에 선언된 범위를 넘음</translation>
    </message>
    <message>
        <source>a condition of a procedure cannot be read</source>
        <translation>절차의 조건을 읽을 수 없음</translation>
    </message>
    <message>
        <source>a procedure without a canonical form</source>
        <translation>절차가 정규 형식이 아님</translation>
    </message>
    <message>
        <source>a file is no procedure</source>
        <translation>절차 파일이 아님</translation>
    </message>
    <message>
        <source>another procedure, or one that is not effective</source>
        <translation>다른 절차이거나 시행 중이 아닌 절차</translation>
    </message>
    <message>
        <source>a step may not be left</source>
        <translation>단계를 마칠 수 없음</translation>
    </message>
    <message>
        <source>a deviation and its reason do not go together</source>
        <translation>이탈과 사유가 맞지 않음</translation>
    </message>
    <message>
        <source>a fact that a procedure does not know</source>
        <translation>절차가 알지 못하는 사실</translation>
    </message>
    <message>
        <source>an audit trail does not hold</source>
        <translation>감사 추적이 온전하지 않음</translation>
    </message>
    <message>
        <source>a change without reason or time</source>
        <translation>사유 또는 시각이 없는 변경</translation>
    </message>
    <message>
        <source>a reader who may not read this item</source>
        <translation>이 항목을 판독할 수 없는 판독자</translation>
    </message>
    <message>
        <source>an item of another reader</source>
        <translation>다른 판독자의 항목</translation>
    </message>
    <message>
        <source>an item that is open in another window</source>
        <translation>다른 창에서 열려 있는 항목</translation>
    </message>
    <message>
        <source>what the state of an item does not allow</source>
        <translation>항목의 상태에서 허용되지 않는 작업</translation>
    </message>
    <message>
        <source>a procedure that is not the one of the charter</source>
        <translation>판독 헌장과 다른 절차서</translation>
    </message>
    <message>
        <source>an item or images that are not those that were assigned</source>
        <translation>배정된 것과 다른 항목 또는 영상</translation>
    </message>
    <message>
        <source>the clock ran backwards</source>
        <translation>시계가 거꾸로 감</translation>
    </message>
    <message>
        <source>a key or passphrase that cannot be used</source>
        <translation>사용할 수 없는 키 또는 암호문</translation>
    </message>
    <message>
        <source>a signature that does not hold</source>
        <translation>유효하지 않은 서명</translation>
    </message>
    <message>
        <source>a trial folder that cannot be used</source>
        <translation>사용할 수 없는 임상시험 폴더</translation>
    </message>
    <message>
        <source>not the next item of the worklist</source>
        <translation>작업 목록의 다음 항목이 아님</translation>
    </message>
    <message>
        <source>values that are not those that were submitted</source>
        <translation>제출한 값과 다른 값</translation>
    </message>
    <message>
        <source>a reading in progress that does not hold</source>
        <translation>온전하지 않은 진행 중 판독</translation>
    </message>
    <message>
        <source>a signed reading that is not as it was signed</source>
        <translation>서명한 때와 달라진 판독</translation>
    </message>
    <message>
        <source>a signature that could not be written</source>
        <translation>저장하지 못한 서명</translation>
    </message>
    <message>
        <source>an answer that is not asked for</source>
        <translation>묻지 않은 답</translation>
    </message>
    <message>
        <source>images of the schedule that were not received</source>
        <translation>일정에 있으나 접수되지 않은 영상</translation>
    </message>
    <message>
        <source>an earlier item that may not be compared with</source>
        <translation>비교할 수 없는 이전 판독 항목</translation>
    </message>
    <message>
        <source>reads that may not be compared</source>
        <translation>비교할 수 없는 판독</translation>
    </message>
    <message>
        <source>answers that are not those of the clinical form</source>
        <translation>임상 서식의 답이 아닌 답</translation>
    </message>
    <message>
        <source>text or results in the pixels of an image</source>
        <translation>영상 픽셀 안에 글자 또는 결과가 있음</translation>
    </message>
    <message>
        <source>files that readers do not get</source>
        <translation>판독자에게 전달되지 않는 파일</translation>
    </message>
    <message>
        <source>de-identification lost something that is needed</source>
        <translation>비식별화로 필요한 정보가 손실됨</translation>
    </message>
    <message>
        <source>identity that de-identification would have left</source>
        <translation>비식별화 후 신원 정보가 남음</translation>
    </message>
    <message>
        <source>an input that cannot be de-identified</source>
        <translation>비식별화할 수 없는 입력</translation>
    </message>
    <message>
        <source>images that somebody must look at for text</source>
        <translation>글자가 있는지 사람이 확인해야 하는 영상</translation>
    </message>
    <message>
        <source>an acquisition below the minimum of its profile</source>
        <translation>촬영이 프로파일의 최소 기준에 미달</translation>
    </message>
    <message>
        <source>an acquisition below the ideal of its profile</source>
        <translation>촬영이 프로파일의 권장 기준에 미달</translation>
    </message>
    <message>
        <source>what a profile asks for is not known</source>
        <translation>프로파일이 요구하는 값을 알 수 없음</translation>
    </message>
    <message>
        <source>an acquisition profile that cannot be used</source>
        <translation>사용할 수 없는 촬영 프로파일</translation>
    </message>
    <message>
        <source>a training case that cannot be used</source>
        <translation>사용할 수 없는 교육 증례</translation>
    </message>
    <message>
        <source>images that cannot be evaluated</source>
        <translation>평가할 수 없는 영상</translation>
    </message>
    <message>
        <source>edits of another proposal</source>
        <translation>다른 제안에 대한 편집</translation>
    </message>
    <message>
        <source>a step that cannot be shown</source>
        <translation>표시할 수 없는 단계</translation>
    </message>
    <message>
        <source>input cannot be opened</source>
        <translation>입력을 열 수 없음</translation>
    </message>
    <message>
        <source>input holds nothing that can be measured</source>
        <translation>입력에 측정할 수 있는 것이 없음</translation>
    </message>
    <message>
        <source>two patients in one case</source>
        <translation>한 증례에 두 환자가 있음</translation>
    </message>
    <message>
        <source>duplicate files</source>
        <translation>중복 파일</translation>
    </message>
    <message>
        <source>archive refused</source>
        <translation>압축 파일을 거부함</translation>
    </message>
    <message>
        <source>broken file</source>
        <translation>손상된 파일</translation>
    </message>
    <message>
        <source>an image in Slicer was changed since it was read</source>
        <translation>Slicer의 영상이 읽은 뒤에 바뀜</translation>
    </message>
    <message>
        <source>frame times are not known</source>
        <translation>프레임 시간을 알 수 없음</translation>
    </message>
    <message>
        <source>an image in Slicer has no file in the DICOM database</source>
        <translation>Slicer의 영상에 해당하는 파일이 DICOM 데이터베이스에 없음</translation>
    </message>
    <message>
        <source>files of a reading are gone or were changed</source>
        <translation>판독에 쓰인 파일이 없거나 바뀜</translation>
    </message>
    <message>
        <source>output cannot be written</source>
        <translation>출력을 쓸 수 없음</translation>
    </message>
    <message>
        <source>output changed since it was written</source>
        <translation>출력이 저장된 뒤에 바뀜</translation>
    </message>
    <message>
        <source>optional part missing</source>
        <translation>선택 구성 요소가 없음</translation>
    </message>
    <message>
        <source>DICOM object not written</source>
        <translation>DICOM 객체를 쓰지 않음</translation>
    </message>
</context>
</TS>
