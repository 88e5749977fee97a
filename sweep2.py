import json,subprocess,os,random,base64,shutil,collections,sys
from jsonschema import Draft202012Validator as V
OS='/tmp/wt-b/target/debug/openskills'
random.seed(7)
def gen(s,root,small,d=0):
    if '$ref' in s: return gen(root['$defs'][s['$ref'].split('/')[-1]],root,small,d)
    for k in('anyOf','oneOf'):
        if k in s: return gen(random.choice(s[k]) if not small else s[k][0],root,small,d+1)
    if 'const' in s: return s['const']
    if 'enum' in s: return random.choice(s['enum'])
    t=s.get('type')
    if t=='null': return None
    if t=='boolean': return random.random()<.5
    if t=='integer':
        return random.choice([s['minimum'],s['maximum'],max(0,s['minimum'])]) if not small else 1
    if t=='number': return random.choice([0,1.5,-2.25,1e10]) if not small else 1
    if t=='string':
        if s.get('contentEncoding')=='base64': return base64.b64encode(bytes(random.randrange(256) for _ in range(random.randrange(6)))).decode()
        if s.get('maxLength')==1: return random.choice('aé技😀\u202e')
        p=s.get('pattern','')
        if p: return '12345678901'
        return random.choice(['','hello','é技😀\u202e\x1b[2J','{"a":1}'])
    if t=='array':
        if 'prefixItems' in s: return [gen(x,root,small,d+1) for x in s['prefixItems']]
        if s.get('uniqueItems'): return [x for x in s['items']['enum'] if random.random()<.5]
        return [gen(s['items'],root,small,d+1) for _ in range(0 if d>6 else random.randrange(3))]
    if t=='object':
        return {k:gen(v,root,small,d+1) for k,v in s['properties'].items() if k in s.get('required',[]) or random.random()<.5}
    raise Exception(s)
rs=[json.loads(l) for f in sys.argv[2:] for l in open(f)]
out=open(sys.argv[1],'w'); n=0
def run(*a,inp=None,t=100):
    try: p=subprocess.run(['nice',OS,*a],capture_output=True,timeout=t,input=inp,cwd='/tmp/f2/ws'); return p.returncode,p.stdout.decode('utf8','replace'),p.stderr.decode('utf8','replace')
    except subprocess.TimeoutExpired: return 'TIMEOUT','',''
os.makedirs('/tmp/f2/ws',exist_ok=True)
for r in rs:
    if r['rc']: continue
    n+=1; d=f'/tmp/f2/skills/s{n}'; os.makedirs(d+'/wasm',exist_ok=True)
    shutil.copy('/tmp/foreign/'+r['file'],d+'/wasm/skill.wasm')
    open(d+'/SKILL.md','w').write(f'---\nname: s{n}\ndescription: Foreign {n}.\n---\nX\n')
    fs=r['out']['functions']; rec={'file':r['file'],'dir':d,'calls':[]}
    rec['run']=run('run',d,'--input','{}','--json','--timeout','5s')
    for f in fs[:12]:
        if f.get('refused'):
            rec['calls'].append((f['name'],'refused',{},run('call',d,f['name'],'{}','--json'))); continue
        for s in('input_schema','output_schema','error_schema'):
            if f.get(s): V.check_schema(f[s])
        for small in (True,False,False):
            a=gen(f['input_schema'],f['input_schema'],small)
            ok=V(f['input_schema']).is_valid(a)
            c=run('call',d,f['name'],json.dumps(a),'--json','--timeout','5s')
            rec['calls'].append((f['name'],'gen' if ok else 'BADGEN',a,c))
            if c[0]==0:
                o=json.loads(c[1])['output']
                if not V(f['output_schema']).is_valid(o): print('OUTPUT NOT VALID',r['file'],f['name'],a,o,f['output_schema'])
            elif c[0]=='TIMEOUT' or c[0] in(101,134,139,-6,-11): print('CRASH',r['file'],f['name'],a,c)
            if c[0] and 'permission' in c[1].lower()[:80]: break
        rec['calls'].append((f['name'],'bad',[1],run('call',d,f['name'],'[1]','--json')))
    out.write(json.dumps(rec)+'\n'); out.flush()
