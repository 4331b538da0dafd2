using System.Security.Cryptography;
using System.Text;
using Quorate.Contracts;
using Quorate.Platforms.Compose;

namespace Quorate.Tests.Unit.Platforms;

public sealed class ComposeProjectTests : IDisposable
{
    private static readonly Dictionary<string, string> NoEnvironment = [];
    private readonly ComposeFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("name: shop\n", null, "shop")]
    [InlineData("name: shop\n", "Other.Name", "othername")]
    [InlineData("name: ${UNSET:-My Shop}\n", null, "myshop")]
    [InlineData("name: _-9lives\n", null, "9lives")]
    public void ProjectName_FromFileOrVariable_IsNormalised(string line, string? variable, string expected)
    {
        var site = _folder.Load(line + "services: {a: {image: x}}", variable is null ? [] : [("COMPOSE_PROJECT_NAME", variable)]);
        Assert.Equal(expected, site.Name);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(site.ComposeFile)))[..8];
        Assert.Equal($"{expected}-{hash}", site.Id);
    }

    [Fact]
    public void ProjectName_NotGiven_IsTheFolders()
    {
        var site = ComposeLoader.Load(_folder.Write("My.Shop/compose.yml", "services: {a: {image: x}}"), NoEnvironment);
        Assert.Equal("myshop", site.Name);
    }

    [Fact]
    public void Load_OfAFolder_TakesTheFirstDefaultName()
    {
        _folder.Write("docker-compose.yaml", "name: last\nservices: {a: {image: x}}");
        _folder.Write("docker-compose.yml", "name: third\nservices: {a: {image: x}}");
        Assert.Equal("third", ComposeLoader.Load(_folder.Path, NoEnvironment).Name);
        _folder.Write("compose.yml", "name: second\nservices: {a: {image: x}}");
        Assert.Equal("second", ComposeLoader.Load(_folder.Path, NoEnvironment).Name);
        _folder.Write("compose.yaml", "name: first\nservices: {a: {image: x}}");
        Assert.Equal("first", ComposeLoader.Load(_folder.Path, NoEnvironment).Name);
    }

    [Fact]
    public void Load_OfAFolderWithAnOverride_LaysItOverAndANamedFileStandsAlone()
    {
        var file = _folder.Write("compose.yaml", "services: {a: {image: x, environment: [ONE=1, TWO=2]}}");
        var over = _folder.Write("compose.override.yaml", "services: {a: {environment: {TWO: two}}, b: {image: y}}");
        var site = ComposeLoader.Load(_folder.Path, NoEnvironment);
        Assert.Equal((file, over), (site.ComposeFile, site.OverrideFile));
        Assert.Equal(["a", "b"], site.Services.Select(s => s.Name));
        Assert.Equal(("1", "two"), (site.Find("a")!.Environment["ONE"], site.Find("a")!.Environment["TWO"]));
        var alone = ComposeLoader.Load(file, NoEnvironment);
        Assert.Equal((site.Id, null, "2"), (alone.Id, alone.OverrideFile, Assert.Single(alone.Services).Environment["TWO"]));
    }

    [Theory]
    [InlineData("nothing-here.yaml")]
    [InlineData("")]
    public void Load_OfNothing_IsAnInputError(string name)
    {
        var path = name.Length == 0 ? _folder.Path : Path.Combine(_folder.Path, name);
        var error = Assert.Throws<QuorateException>(() => ComposeLoader.Load(path, NoEnvironment));
        Assert.Equal("compose_not_found", error.Code);
    }

    [Fact]
    public void Profiles_NotNamed_LeaveServicesOut()
    {
        const string yaml = "services:\n  a: {image: x}\n  b: {image: x, profiles: [debug, test]}";
        Assert.Equal(["a"], _folder.Load(yaml).Services.Select(s => s.Name));
        Assert.Equal(["a", "b"], _folder.Load(yaml, ("COMPOSE_PROFILES", "other, test")).Services.Select(s => s.Name));
        Assert.Equal(["a", "b"], _folder.Load(yaml, ("COMPOSE_PROFILES", "*")).Services.Select(s => s.Name));
    }

    [Fact]
    public void AnchorsAndMergeKeys_GiveTheMergedValues()
    {
        var site = _folder.Load("""
            x-base: &base
              image: base
              environment: &env {A: base, B: base}
            x-more: &more {image: more, scale: 2}
            services:
              a:
                <<: [*base, *more]
                environment:
                  <<: *env
                  B: own
              b: *base
            """);
        var a = site.Find("a")!;
        Assert.Equal("base", a.Image);
        Assert.Equal(2, a.Replicas);
        Assert.Equal("base", a.Environment["A"]);
        Assert.Equal("own", a.Environment["B"]);
        Assert.Equal("base", site.Find("b")!.Image);
    }

    [Fact]
    public void Extends_OfSameAndOtherFile_MergesUnderTheService()
    {
        _folder.Write("common/base.yml", """
            services:
              root:
                image: root
                command: from root
                environment: [A=root, B=root]
                env_file: root.env
                volumes: ["./data:/data"]
              mid:
                extends: root
                environment: {B: mid, C: mid}
            """);
        _folder.Write("common/root.env", "FILE=root\n");
        var api = _folder.Load("""
            services:
              near: {image: near, ports: ["1:1"], labels: {a: "1"}}
              api:
                extends: {service: mid, file: common/base.yml}
                command: [own]
                environment: [C=own]
              next: {extends: {service: near}, ports: ["2:2"], labels: [b=2]}
            """);
        var service = api.Find("api")!;
        Assert.Equal("root", service.Image);
        Assert.Equal(["own"], service.Command!);
        Assert.Equal("root mid own root", $"{service.Environment["A"]} {service.Environment["B"]} {service.Environment["C"]} {service.Environment["FILE"]}");
        Assert.Equal(Path.Combine(_folder.Path, "common/data"), Assert.Single(service.Volumes).Source);
        var next = api.Find("next")!;
        Assert.Equal([1, 2], next.Ports.Select(p => p.HostPort));
        Assert.Equal(2, next.Labels.Count);
    }

    [Theory]
    [InlineData("services:\n  a: {extends: a}")]
    [InlineData("services:\n  a: {extends: b}\n  b: {extends: a}")]
    [InlineData("services:\n  a: {extends: gone}")]
    [InlineData("services:\n  a: {extends: {file: gone.yml, service: x}}")]
    [InlineData("services:\n  a: {extends: {file: compose.yaml, service: a}}")]
    public void Extends_OfItselfOrNothing_IsRefused(string yaml) => Assert.NotEmpty(_folder.Refusal(yaml));

    [Fact]
    public void Include_OfFiles_AddsTheirServicesWithTheirOwnVariables()
    {
        _folder.Write("db/compose.yaml", "services:\n  db: {image: \"db:${TAG}\", env_file: db.env, networks: [back]}\nnetworks: {back: }");
        _folder.Write("db/.env", "TAG=9\nOUTER=no\n");
        _folder.Write("db/db.env", "X=${OUTER}\n");
        _folder.Write("cache.yaml", "services: {cache: {image: c}}");
        var site = _folder.Load(
            "include:\n  - db/compose.yaml\n  - path: [cache.yaml]\nservices:\n  api: {image: x, depends_on: [db, cache]}",
            ("OUTER", "yes"));
        Assert.Equal("db:9", site.Find("db")!.Image);
        Assert.Equal("yes", site.Find("db")!.Environment["X"]);
        Assert.NotNull(site.Find("cache"));
    }

    [Theory]
    [InlineData("include: [compose.yaml]\nservices: {a: {image: x}}")]
    [InlineData("include: [gone.yaml]\nservices: {a: {image: x}}")]
    [InlineData("include: [{project_directory: x}]\nservices: {a: {image: x}}")]
    public void Include_OfItselfOrNothing_IsRefused(string yaml) => Assert.NotEmpty(_folder.Refusal(yaml));

    [Fact]
    public void Include_OfAServiceDeclaredHereToo_IsRefused()
    {
        _folder.Write("other.yaml", "services: {a: {image: y}}");
        Assert.Contains("\"a\" is", _folder.Refusal("include: [other.yaml]\nservices: {a: {image: x}}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("services: {a: {depends_on: [gone]}}", "\"gone\" is not one")]
    [InlineData("services: {a: {depends_on: [b]}, b: {image: x, profiles: [p]}}", "left out by its profiles")]
    [InlineData("services: {a: {depends_on: [b]}, b: {depends_on: [c]}, c: {depends_on: [a]}}", "depends on itself")]
    [InlineData("services: {a: {depends_on: {b: {condition: service_ready}}}, b: }", "service_healthy")]
    public void DependsOn_ThatCannotHold_IsRefused(string yaml, string reason) =>
        Assert.Contains(reason, _folder.Refusal(yaml), StringComparison.Ordinal);

    [Fact]
    public void Site_WithQuorateKeys_HasThemWithFullPaths()
    {
        var site = _folder.Load("""
            x-quorate:
              lab: true
              runbooks: ./books
              prometheus: http://127.0.0.1:9090
              probes:
                - {name: buy, service: api, url: "http://127.0.0.1:1/buy", method: post, body: "{}", expect_status: 201}
                - {name: look, service: api, url: "http://127.0.0.1:1/"}
            services:
              api:
                image: x
                environment: {A: declared, B: declared}
                x-quorate:
                  command: [bin/api, ./conf.json, --flag]
                  directory: run
                  environment: {B: process}
                  health: http://127.0.0.1:1/healthz
                  metrics: http://127.0.0.1:1/metrics
                  data: [{path: data/api, files: ["*.db", "*.wal"]}]
            """);
        Assert.True(site.Lab);
        Assert.Equal(Path.Combine(_folder.Path, "books"), site.Runbooks);
        Assert.Equal(9090, site.Prometheus!.Port);
        Assert.Equal(["POST", "GET"], site.Probes.Select(p => p.Method));
        Assert.Equal([201, 200], site.Probes.Select(p => p.ExpectStatus));
        var service = site.Find("api")!;
        Assert.Equal("declared", service.Environment["B"]);
        Assert.Equal("/healthz", service.Health!.AbsolutePath);
        Assert.Equal("/metrics", service.Metrics!.AbsolutePath);
        var process = service.Process!;
        Assert.Equal([Path.Combine(_folder.Path, "bin/api"), Path.Combine(_folder.Path, "conf.json"), "--flag"], process.Command);
        Assert.Equal(Path.Combine(_folder.Path, "run"), process.WorkingDirectory);
        Assert.Equal("declared process", $"{process.Environment["A"]} {process.Environment["B"]}");
        var data = Assert.Single(process.Data);
        Assert.Equal(Path.Combine(_folder.Path, "data/api"), data.Path);
        Assert.Equal(["*.db", "*.wal"], data.Files);
    }

    [Theory]
    [InlineData("x-quorate: {labb: true}\nservices: {a: {image: x}}", "x-quorate.labb")]
    [InlineData("x-quorate: {lab: maybe}\nservices: {a: {image: x}}", "true or false")]
    [InlineData("x-quorate: yes\nservices: {a: {image: x}}", "lab, runbooks, prometheus, probes")]
    [InlineData("x-quorate: {probes: [{name: p, service: z, url: 'http://h/'}]}\nservices: {a: {image: x}}", "a service of the site: a")]
    [InlineData("x-quorate: {probes: [{name: p}]}\nservices: {a: {image: x}}", "name, service and url")]
    [InlineData("services: {a: {x-quorate: {comand: [x]}}}", "command, directory, environment, health, metrics, data")]
    [InlineData("services: {a: {x-quorate: {command: sleep 1}}}", "a list")]
    [InlineData("services: {a: {x-quorate: {command: []}}}", "a list")]
    [InlineData("services: {a: {x-quorate: {health: 'ftp://x'}}}", "http or https")]
    [InlineData("services: {a: {x-quorate: {data: [{path: x}]}}}", "together with command")]
    [InlineData("services: {a: {x-quorate: {command: [x], data: [{pth: x}]}}}", "path, files")]
    public void QuorateKeys_ThatAreWrong_AreRefusedWithWhatIsAllowed(string yaml, string reason) =>
        Assert.Contains(reason, _folder.Refusal(yaml), StringComparison.Ordinal);

    [Fact]
    public void Load_OfSeveralMistakes_NamesThemAll()
    {
        var message = _folder.Refusal("""
            services:
              a:
                ports: [x]
                mem_limit: lots
                scale: -1
              b c:
                image: x
              d: 5
            """);
        foreach (var part in (string[])["a.ports[0]", "a.mem_limit", "a.scale", "b c", "services.d", "5 problems"])
        {
            Assert.Contains(part, message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void UnknownKeys_OfCompose_AreIgnored()
    {
        var site = _folder.Load("version: '3'\nx-anything: [1]\nvolumes: {v: }\nservices: {a: {image: x, tty: true, logging: {driver: none}, x-other: 1}}");
        Assert.Equal("x", Assert.Single(site.Services).Image);
    }
}
