import json,urllib.request,sys,subprocess,urllib.parse,os
url=subprocess.run("cd /work/wt/limits-steer; . /tmp/ls/env.sh; oma open --print --json",shell=True,capture_output=True,text=True,executable='/bin/bash').stdout
u=json.loads(url)['url']; base,token=u.split('/launch?token=')
print(base)
def call(m,p,body=None,ct='application/json',hdr={},raw=None):
    data=raw if raw is not None else (json.dumps(body).encode() if body is not None else None)
    h={'authorization':'Bearer '+token, **hdr}
    if data is not None and ct: h['content-type']=ct
    r=urllib.request.Request(base+p,data=data,method=m,headers=h)
    try:
        with urllib.request.urlopen(r,timeout=20) as x: return x.status,x.read().decode()[:400]
    except urllib.error.HTTPError as e: return e.code,e.read().decode()[:400]
    except Exception as e: return 'EXC',str(e)
q=urllib.parse.quote
def acc():
    s,b=call('GET','/api/settings'); return b
if __name__=='__main__':
  before=acc()
  for name,args in [
   ('unknown field',('PUT','/api/accounts/work/enabled',{'enabled':False,'x':1})),
   ('wrong type',('PUT','/api/accounts/work/enabled',{'enabled':'no'})),
   ('missing',('PUT','/api/accounts/work/enabled',{})),
   ('unknown alias',('PUT','/api/accounts/nobody/enabled',{'enabled':False})),
   ('slash alias',('PUT','/api/accounts/a%2Fb/enabled',{'enabled':False})),
   ('space alias',('PUT','/api/accounts/a%20b/enabled',{'enabled':False})),
   ('unicode alias',('PUT','/api/accounts/'+q('ключ')+'/enabled',{'enabled':False})),
   ('10kB alias',('PUT','/api/accounts/'+'a'*10240+'/enabled',{'enabled':False})),
   ('bad pct',('PUT','/api/accounts/%E0%A4%A/enabled',{'enabled':False})),
   ('__proto__ alias',('PUT','/api/accounts/__proto__/enabled',{'enabled':False})),
   ('constructor alias',('PUT','/api/accounts/constructor/enabled',{'enabled':False})),
   ('dots alias',('PUT','/api/accounts/%2e%2e/enabled',{'enabled':False})),
   ('body alias redirect',('PUT','/api/accounts/nobody/enabled',{'enabled':False,'alias':'work'})),
   ('force none',('POST','/api/force',{})),
   ('force unknown',('POST','/api/force',{'alias':'nobody'})),
   ('force num',('POST','/api/force',{'alias':5})),
   ('force 10k',('POST','/api/force',{'alias':'a'*10240})),
   ('clear none',('POST','/api/force/clear',{})),
   ('clear extra',('POST','/api/force/clear',{'a':1})),
   ('settings unknown',('PUT','/api/settings',{'foo':1})),
   ('settings oob',('PUT','/api/settings',{'criticalThreshold':101})),
   ('settings neg',('PUT','/api/settings',{'criticalThreshold':-1})),
   ('settings crit>low',('PUT','/api/settings',{'criticalThreshold':50,'lowThreshold':20})),
   ('settings eq',('PUT','/api/settings',{'criticalThreshold':20,'lowThreshold':20})),
   ('settings str',('PUT','/api/settings',{'lowThreshold':'20'})),
   ('weight 0',('PUT','/api/settings',{'accountWeights':{'work':0}})),
   ('weight 1.01',('PUT','/api/settings',{'accountWeights':{'work':1.01}})),
   ('weight .001',('PUT','/api/settings',{'accountWeights':{'work':0.001}})),
   ('weight nobody',('PUT','/api/settings',{'accountWeights':{'nobody':0.5}})),
   ('reserved nobody',('PUT','/api/settings',{'antigravityReserved':['nobody']})),
   ('weights array',('PUT','/api/settings',{'accountWeights':[1]})),
   ('host',('PUT','/api/settings',{'dashboardHost':'0.0.0.0'})),
   ('strategy',('PUT','/api/settings',{'rotationStrategy':'weighted'})),
   ('preset',('POST','/api/settings/preset',{'preset':'x'})),
   ('preset none',('POST','/api/settings/preset',{})),
   ('empty put',('PUT','/api/settings',{})),
   ('null field',('PUT','/api/settings',{'lowThreshold':None})),
   ('reset extra',('POST','/api/settings/reset',{'x':1})),
   ('probe unknown',('POST','/api/probe',{'alias':'nobody'})),
   ('probe get',('GET','/api/probe/nothing')),
   ('probe get bad',('GET','/api/probe/a%20b')),
   ('decisions 0',('GET','/api/decisions?limit=0')),
   ('decisions x',('GET','/api/decisions?limit=x')),
   ('decisions unk',('GET','/api/decisions?foo=1')),
   ('wrong method',('DELETE','/api/settings')),
   ('wrong method2',('PATCH','/api/accounts')),
   ('reauth unknown',('POST','/api/accounts/nobody/reauth',{})),
   ('reauth method',('POST','/api/accounts/work/reauth',{'method':'x'})),
   ('array body',('PUT','/api/settings',[1])),
   ('notfound',('GET','/api/nothing')),
   ('remove unknown',('DELETE','/api/accounts/nobody')),
   ('switch unknown',('POST','/api/accounts/nobody/switch',{})),
  ]: print(name.ljust(20),*call(*args))
  for name,raw,p,m in [
   ('proto top',b'{"__proto__":{"lowThreshold":50}}','/api/settings','PUT'),
   ('proto weights',b'{"accountWeights":{"__proto__":0.5}}','/api/settings','PUT'),
   ('ctor weights',b'{"accountWeights":{"constructor":0.5}}','/api/settings','PUT'),
   ('proto enabled',b'{"enabled":false,"__proto__":{"alias":"work"}}','/api/accounts/work/enabled','PUT'),
   ('proto force',b'{"__proto__":{"alias":"work"}}','/api/force','POST'),
   ('NaN',b'{"lowThreshold":NaN}','/api/settings','PUT'),
   ('1e999',b'{"lowThreshold":1e999}','/api/settings','PUT'),
   ('not json',b'hello','/api/settings','PUT'),
   ('empty',b'','/api/settings','PUT'),
   ('large',b'{"a":"'+b'x'*300000+b'"}','/api/settings','PUT'),
   ('deep',b'['*50000+b']'*50000,'/api/settings','PUT'),
   ('badutf',b'{"lowThreshold":\xff}','/api/settings','PUT'),
  ]: print(name.ljust(20),*call(m,p,raw=raw))
  print('ct', *call('PUT','/api/settings',{'lowThreshold':30},ct='text/plain'))
  print('noauth', *call('GET','/api/accounts',hdr={'authorization':'Bearer no'}))
  print('host', *call('GET','/api/accounts',hdr={'host':'evil.example'}))
  print('origin', *call('PUT','/api/settings',{'lowThreshold':30},hdr={'origin':'http://evil.example'}))
  after=acc(); print('UNCHANGED' if before==after else (before,after))
